/// Slots that a person's file leaves open take what the GPT2 seed has there, or the library.
#pragma once

#include "design/files.h"
#include "design/store.h"

namespace gradus {

/// The seed's part of that name, else its first part that fits, else the library's first leaf that does; Error when
/// nothing fits. The interface of the slot's owner is known, so its file has run before or runs here.
UnitNode default_filler(const SlotInterface& slot, const UnitStore& units);

/// Every open slot of the tree filled so, in this process.
void fill_open_slots(Design& design, const UnitStore& units);
/// Every open slot of the tree filled so. In a child: nobody has run the units before.
Design fill_in_child(const Design& design, const Path& units_directory, const CheckSettings& settings);
void register_fill_child();

}  // namespace gradus
