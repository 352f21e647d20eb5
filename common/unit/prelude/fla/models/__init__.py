from fla.models import utils
