from apex import normalization
