#include "unit/run/evaluate.h"

/// The evaluator's loop. Operands stay on the stack until an instruction has succeeded, so that an exception finds them
/// there and drops them. Stack positions from `top` on are raw memory.
namespace gradus {

using syntax::Op;

Value execute(Interpreter& i, Frame& f) {
  Interpreter::State& state = i.state();
  const Code& code = *f.code;
  const Instruction* const first = code.instructions.data();
  const Instruction* ip = first + f.next;
  Value* top = f.top;
  Value* const slots = f.slots;
  const Value* const constants = code.constants.data();
  const Ref<Str>* const names = code.names.data();
  InlineCache spare;
  const auto cache_of = [&](const Instruction& in) -> InlineCache& {
    return in.b == 0xFFFF ? (spare = {}) : code.caches[in.b];
  };
  Value thrown = Value::undefined();
  for (;;) {
    try {
      if (f.thrown.defined()) {
        const Value exception = std::exchange(f.thrown, Value::undefined());
        Value yielded;
        f.current =
            f.next > 0 && code.instructions[static_cast<size_t>(f.next)].op != Opcode::kYieldFrom ? f.next - 1 : f.next;
        if (!pass_inward(i, f, top, exception, yielded)) raise_exception(i, exception);
        drop(top, 1);
        if (yielded.defined()) {
          f.top = top;
          f.suspended = true;
          return yielded;
        }
        Value result = top[-1].as<Generator>().result;
        top[-1] = std::move(result);
        ++ip;
      }
      for (;;) {
        const Instruction in = *ip;
        f.current = static_cast<int32_t>(ip - first);
        ++ip;
        i.count_step();
        switch (in.op) {
          case Opcode::kNop:
            break;
          case Opcode::kConstant:
            push(top, constants[in.a]);
            break;
          case Opcode::kPop:
            drop(top, 1);
            break;
          case Opcode::kDuplicate:
            push(top, Value(top[-1]));
            break;
          case Opcode::kDuplicateTwo:
            push(top, Value(top[-2]));
            push(top, Value(top[-2]));
            break;
          case Opcode::kSwap:
            std::swap(top[-1], top[-2]);
            break;
          case Opcode::kRotateThree:
            std::swap(top[-1], top[-2]);
            std::swap(top[-2], top[-3]);
            break;
          case Opcode::kCopy:
            push(top, Value(top[-in.a]));
            break;

          case Opcode::kLoadLocal:
            if (!slots[in.a].defined()) unbound(i, f, in.a, false);
            push(top, slots[in.a]);
            break;
          case Opcode::kStoreLocal:
            slots[in.a] = pop(top);
            break;
          case Opcode::kDeleteLocal:
            if (!slots[in.a].defined()) unbound(i, f, in.a, false);
            slots[in.a] = Value::undefined();
            break;
          case Opcode::kLoadCell: {
            const Value& v = slots[in.a].as<Cell>().value;
            if (!v.defined()) unbound(i, f, in.a, in.a >= code.n_locals);
            push(top, v);
            break;
          }
          case Opcode::kStoreCell:
            slots[in.a].as<Cell>().value = pop(top);
            break;
          case Opcode::kDeleteCell:
            slots[in.a].as<Cell>().value = Value::undefined();
            break;
          case Opcode::kLoadClosure:
            push(top, slots[in.a]);
            break;
          case Opcode::kLoadGlobal: {
            const Value* v = find_global(i, f, names[in.a].get(), cache_of(in));
            if (!v) no_name(i, f, names[in.a]->text);
            push(top, *v);
            break;
          }
          case Opcode::kStoreGlobal:
            f.globals->set(names[in.a], pop(top));
            break;
          case Opcode::kDeleteGlobal:
            if (!f.globals->erase(names[in.a].get())) no_name(i, f, names[in.a]->text);
            break;
          case Opcode::kLoadName:
          case Opcode::kLoadClassCell: {
            const Value* v = f.names->find(names[in.a].get());
            if (!v && in.op == Opcode::kLoadClassCell) {
              v = &slots[in.b].as<Cell>().value;
              if (!v->defined()) unbound(i, f, in.b, true);
            }
            if (!v) v = find_global(i, f, names[in.a].get(), cache_of(in));
            if (!v) no_name(i, f, names[in.a]->text);
            push(top, *v);
            break;
          }
          case Opcode::kStoreName:
            f.names->set(names[in.a], pop(top));
            break;
          case Opcode::kDeleteName:
            if (!f.names->erase(names[in.a].get())) no_name(i, f, names[in.a]->text);
            break;

          case Opcode::kLoadAttribute: {
            Value v = i.get_attribute(top[-1], names[in.a]);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kLoadMethod: {
            Method m = get_method(i, top[-1], names[in.a]);
            if (m.self.defined()) {
              top[-1] = std::move(m.function);
              push(top, std::move(m.self));
            } else {
              top[-1] = Value::undefined();
              push(top, std::move(m.function));
            }
            break;
          }
          case Opcode::kStoreAttribute:
            i.set_attribute(top[-1], names[in.a], top[-2]);
            drop(top, 2);
            break;
          case Opcode::kDeleteAttribute:
            i.delete_attribute(top[-1], names[in.a]);
            drop(top, 1);
            break;
          case Opcode::kLoadItem: {
            Value v = i.get_item(top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kStoreItem:
            i.set_item(top[-2], top[-1], top[-3]);
            drop(top, 3);
            break;
          case Opcode::kDeleteItem:
            i.delete_item(top[-2], top[-1]);
            drop(top, 2);
            break;

          case Opcode::kBinary: {
            Value v = i.binary(static_cast<Op>(in.flag), top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kInPlace: {
            Value v = i.in_place(static_cast<Op>(in.flag), top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kUnary: {
            Value v = i.unary(static_cast<Op>(in.flag), top[-1]);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kNot: {
            const bool t = i.truth(top[-1]);
            top[-1] = Value(!t);
            break;
          }
          case Opcode::kCompare: {
            Value v = i.compare(static_cast<Op>(in.flag), top[-2], top[-1]);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }

          case Opcode::kJump:
            ip = first + in.a;
            break;
          case Opcode::kJumpIfFalse:
          case Opcode::kJumpIfTrue: {
            const bool t = top[-1].is_bool() ? top[-1].as_bool() : i.truth(top[-1]);
            drop(top, 1);
            if (t == (in.op == Opcode::kJumpIfTrue)) ip = first + in.a;
            break;
          }
          case Opcode::kJumpIfFalseOrPop:
          case Opcode::kJumpIfTrueOrPop:
            if (i.truth(top[-1]) == (in.op == Opcode::kJumpIfTrueOrPop))
              ip = first + in.a;
            else
              drop(top, 1);
            break;

          case Opcode::kBuildTuple:
          case Opcode::kBuildList: {
            std::vector<Value> items(std::make_move_iterator(top - in.a), std::make_move_iterator(top));
            top -= in.a;
            if (in.op == Opcode::kBuildList)
              push(top, make<List>(std::move(items)));
            else
              push(top, in.a ? Value(make<Tuple>(std::move(items))) : state.empty_tuple);
            break;
          }
          case Opcode::kBuildSet: {
            Value set = make<Set>();
            for (int k = in.a; k > 0; --k) set.as<Set>().table->set(i, top[-k], Value());
            drop(top, static_cast<size_t>(in.a));
            push(top, std::move(set));
            break;
          }
          case Opcode::kBuildDict: {
            Ref<Dict> d = make<Dict>();
            for (int k = in.a; k > 0; --k) d->set(i, top[-2 * k], top[-2 * k + 1]);
            drop(top, static_cast<size_t>(2 * in.a));
            push(top, std::move(d));
            break;
          }
          case Opcode::kBuildSlice: {
            Value s = make<Slice>(top[-in.a], top[-in.a + 1], in.a == 3 ? top[-1] : Value());
            drop(top, static_cast<size_t>(in.a));
            push(top, std::move(s));
            break;
          }
          case Opcode::kBuildString: {
            Value s = build_string(i, top - in.a, in.a);
            drop(top, static_cast<size_t>(in.a));
            push(top, std::move(s));
            break;
          }
          case Opcode::kFormat: {
            const bool has_spec = in.flag & 4;
            Value s = format_field(i, top[has_spec ? -2 : -1], in.flag, has_spec ? &top[-1] : nullptr);
            if (has_spec) drop(top, 1);
            top[-1] = std::move(s);
            break;
          }
          case Opcode::kListAppend: {
            auto& items = top[-1 - in.a].as<List>().items;
            i.check_size(static_cast<double>(items.size()) + 1);
            items.push_back(pop(top));
            break;
          }
          case Opcode::kSetAdd:
            top[-1 - in.a].as<Set>().table->set(i, top[-1], Value());
            drop(top, 1);
            break;
          case Opcode::kDictAdd: {
            Dict& d = top[-2 - in.a].as<Dict>();
            if (in.flag && d.find(i, top[-2]))
              i.raise("TypeError", "got multiple values for keyword argument '" + top[-2].as<Str>().text + "'");
            d.set(i, top[-2], top[-1]);
            drop(top, 2);
            break;
          }
          case Opcode::kListExtend: {
            std::vector<Value> more;
            try {
              more = i.to_vector(top[-1]);
            } catch (const Raised& r) {
              if (!exception_matches(i, r.value, i.exception_class("TypeError")) || top[-1].is_object()) throw;
              i.raise("TypeError", (in.flag ? callable_name(i, top[-3]) + " argument" : "Value") +
                                       " after * must be an iterable, not " + i.type_name(top[-1]));
            }
            auto& items = top[-1 - in.a].as<List>().items;
            i.check_size(static_cast<double>(items.size() + more.size()));
            items.insert(items.end(), more.begin(), more.end());
            drop(top, 1);
            break;
          }
          case Opcode::kSetUpdate:
            for (const Value& v : i.to_vector(top[-1])) top[-1 - in.a].as<Set>().table->set(i, v, Value());
            drop(top, 1);
            break;
          case Opcode::kDictUpdate: {
            const Value update = i.get_attribute(top[-1 - in.a], i.intern("update"));
            const Value from = top[-1];
            if (!from.is(Kind::kDict) && !special_method(i, from, i.intern("keys")).function.defined())
              i.raise("TypeError", "'" + i.type_name(from) + "' object is not a mapping");
            i.call(update, std::span(&from, 1));
            drop(top, 1);
            break;
          }
          case Opcode::kDictMerge:
            merge_keywords(i, top[-2].as<Dict>(), top[-1], in.flag ? callable_name(i, top[-4]) + " " : "");
            drop(top, 1);
            break;
          case Opcode::kListToTuple: {
            Value t = make<Tuple>(std::move(top[-1].as<List>().items));
            top[-1] = std::move(t);
            break;
          }

          case Opcode::kCall: {
            Value* const base = top - in.a - 1;
            Value v = call_value(i, *base, {base + 1, static_cast<size_t>(in.a)}, {});
            drop(top, static_cast<size_t>(in.a));
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kCallMethod: {
            Value* const base = top - in.a - 2;  // function, self, arguments; or nothing, function, arguments
            const bool method = base->defined();
            const size_t n = static_cast<size_t>(in.a);
            Value v =
                method ? call_value(i, base[0], {base + 1, n + 1}, {}) : call_value(i, base[1], {base + 2, n}, {});
            drop(top, n + 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kCallKeywords:
          case Opcode::kCallMethodKeywords: {
            const auto& keywords = code.keyword_names[in.b];
            const size_t n = static_cast<size_t>(in.a) - keywords.size();
            const bool method = in.op == Opcode::kCallMethodKeywords;
            Value* const base = top - in.a - 1 - (method ? 1 : 0);
            const bool with_self = method && base->defined();
            const Keywords k{nullptr, keywords.data(), top - keywords.size(), keywords.size()};
            const Value& callable = method && !with_self ? base[1] : base[0];
            const std::span<const Value> positional(base + (method && !with_self ? 2 : 1), n + (with_self ? 1 : 0));
            Value v = call_value(i, callable, positional, k);
            drop(top, static_cast<size_t>(in.a) + (method ? 1 : 0));
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kCallExpanded: {
            Value v = call_expanded(i, top, in.flag);
            drop(top, in.flag ? 2 : 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kMakeFunction: {
            Value v = make_function_value(f, code.children[static_cast<size_t>(in.a)], in.flag, top);
            push(top, std::move(v));
            break;
          }
          case Opcode::kBuildClass: {
            Value v = build_class_value(i, top, names[in.a]->text, in.flag);
            drop(top, in.flag ? 2 : 1);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kAnnotate: {
            const Ref<Str>& key = state.names().annotations;
            if (!f.names->find(key.get())) f.names->set(key, make<Dict>());
            f.names->find(key.get())->as<Dict>().set(names[in.a], constants[in.b]);
            break;
          }

          case Opcode::kIterate: {
            Value v = i.iterate(top[-1]);
            top[-1] = std::move(v);
            break;
          }
          case Opcode::kForNext: {
            Value v = i.next(top[-1]);
            if (v.defined()) {
              push(top, std::move(v));
            } else {
              drop(top, 1);
              ip = first + in.a;
            }
            break;
          }
          case Opcode::kUnpack:
            if (top[-1].is(Kind::kTuple) && top[-1].as<Tuple>().items.size() == static_cast<size_t>(in.a)) {
              const Value t = pop(top);
              const auto& items = t.as<Tuple>().items;
              for (size_t k = items.size(); k-- > 0;) push(top, items[k]);
            } else {
              unpack(i, top, static_cast<size_t>(in.a), 0, false);
            }
            break;
          case Opcode::kUnpackStarred:
            unpack(i, top, static_cast<size_t>(in.a), in.flag, true);
            break;

          case Opcode::kYield: {
            Value v = pop(top);
            f.next = static_cast<int32_t>(ip - first);
            f.top = top;
            f.suspended = true;
            return v;
          }
          case Opcode::kYieldFrom: {  // iterator, value sent
            Value v = send(i, top[-2], top[-1]);
            drop(top, 1);
            if (v.defined()) {
              f.next = static_cast<int32_t>(ip - first) - 1;  // again, with what is sent
              f.top = top;
              f.suspended = true;
              return v;
            }
            Value result = top[-1].is(Kind::kGenerator) ? top[-1].as<Generator>().result
                                                        : std::exchange(state.stop_value, Value());
            top[-1] = std::move(result);
            break;
          }
          case Opcode::kReturn: {
            Value v = pop(top);
            f.top = top;
            return v;
          }

          case Opcode::kRaise: {
            if (in.a == 0) {
              if (!state.handled.is_object()) i.raise("RuntimeError", "No active exception to reraise");
              state.reraised = true;
              throw Raised(state.handled);
            }
            const Value cause = in.a == 2 ? top[-1] : Value::undefined();
            raise_value(i, top[-in.a], cause);
          }
          case Opcode::kReraise: {
            state.reraised = true;
            throw Raised(top[-1]);
          }
          case Opcode::kPushException: {
            Value exception = top[-1];
            top[-1] = std::exchange(state.handled, exception);
            push(top, std::move(exception));
            break;
          }
          case Opcode::kPopException:
            state.handled = pop(top);
            break;
          case Opcode::kMatchException: {
            const bool match = exception_matches(i, top[-2], top[-1]);
            top[-1] = Value(match);
            break;
          }
          case Opcode::kAssertFail: {
            std::vector<Value> arguments;
            if (in.flag) arguments.push_back(top[-1]);
            raise_exception(i, make_exception(i, i.exception_class("AssertionError"), std::move(arguments)));
          }
          case Opcode::kWithEnter:
            enter_context(i, top);
            break;
          case Opcode::kWithExit: {
            const Value none[3];
            i.call(top[-1], none);
            drop(top, 1);
            break;
          }
          case Opcode::kWithFailed: {
            const bool suppress = failed_context(i, top);
            push(top, Value(suppress));
            break;
          }

          case Opcode::kImport: {
            if (in.b) i.raise("ImportError", "attempted relative import with no known parent package");
            push(top, import_module(i, names[in.a]->text, in.flag));
            break;
          }
          case Opcode::kImportFrom:
            push(top, import_from(i, top[-1], names[in.a]));
            break;

          case Opcode::kImportStar:
            import_star(i, top[-1], *f.globals);
            drop(top, 1);
            break;

          case Opcode::kMatchSequence:
            push(top, Value(matches_sequence(top[-1])));
            break;
          case Opcode::kMatchMapping:
            push(top, Value(top[-1].is(Kind::kDict)));
            break;
          case Opcode::kMatchLength:
            push(top, Value(i.length(top[-1])));
            break;
          case Opcode::kMatchKeys:
            push(top, match_keys(i, top[-2], top[-1]));
            break;
          case Opcode::kMatchRest:
            push(top, match_rest(i, top[-3], top[-2]));
            break;
          case Opcode::kMatchClass: {
            Value v = match_class(i, top[-3], top[-2], top[-1], in.a);
            drop(top, 1);
            top[-1] = std::move(v);
            break;
          }
        }
      }
    } catch (const Raised& r) {
      thrown = r.value;
    } catch (LimitReached&) {
      f.top = top;
      throw;
    } catch (const std::exception& e) {
      thrown = exception_from_native(i, e);
    }
    // An exception: note the frame, then continue at the handler of the innermost range around the instruction.
    if (std::exchange(state.reraised, false) == false)
      exception_data(thrown).traceback.push_back({f.function->code, f.current});
    const HandlerRange* handler = nullptr;
    for (const HandlerRange& h : code.handlers)
      if (f.current >= h.start && f.current < h.end) {
        handler = &h;
        break;
      }
    if (!handler) {
      f.top = top;
      throw Raised(thrown);
    }
    drop(top, static_cast<size_t>(top - (f.stack + handler->depth)));
    push(top, std::exchange(thrown, Value::undefined()));
    ip = first + handler->target;
  }
}

}  // namespace gradus
