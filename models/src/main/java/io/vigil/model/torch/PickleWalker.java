package io.vigil.model.torch;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Walks a pickle of a TorchScript archive opcode by opcode and builds nothing of it. A pickle is a
 * program for a stack machine: here it may only use what {@code torch.jit.save} emits, name only
 * tensors' parts and the archive's own classes, and point only at storages that the archive has. A
 * tensor must lie within its storage. Not thread-safe.
 *
 * <p>The opcodes are those of Python's pickle protocol 2 (PEP 307, and the comments of Lib/
 * pickletools.py); which of them torch writes is in {@code torch/csrc/jit/serialization/pickler.h}.
 */
final class PickleWalker {
  private static final int STACK_MAX = 1 << 20;
  private static final int DEPTH_MAX = 100;
  private static final int TEXT_MAX = 1 << 20;
  private static final int ORDER_MAX = 64;
  private static final Map<String, Integer> STORAGE_BYTES =
      Map.of(
          "FloatStorage", 4,
          "DoubleStorage", 8,
          "HalfStorage", 2,
          "BFloat16Storage", 2,
          "LongStorage", 8,
          "IntStorage", 4,
          "ShortStorage", 2,
          "CharStorage", 1,
          "ByteStorage", 1,
          "BoolStorage", 1);

  /** What stands on the stack and nobody looks into. */
  private enum Plain {
    MARK,
    NONE,
    VALUE,
    HOOKS
  }

  private record Name(String module, String name) {
    @Override
    public String toString() {
      return module + " " + name;
    }
  }

  private record Storage(long elements) {}

  /** A tuple, list or dictionary; only tuples keep what is in them. */
  private static final class Items {
    final char kind;
    final List<Object> values = new ArrayList<>();
    int depth = 1;
    // Once inside another it may not grow, so that nothing ever contains itself.
    boolean inside;

    Items(char kind) {
      this.kind = kind;
    }
  }

  private record Instance(String className) {}

  private final String file;
  private final ByteBuffer in;
  private final Predicate<String> classes;
  private final BiPredicate<String, Long> storages;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  /**
   * @param file its name, for messages
   * @param classes whether the archive's code has a class of that qualified name
   * @param storages whether the archive has a storage of that key with so many bytes
   */
  PickleWalker(
      String file,
      ByteBuffer pickle,
      Predicate<String> classes,
      BiPredicate<String, Long> storages) {
    this.file = file;
    this.in = pickle.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    this.classes = classes;
    this.storages = storages;
  }

  /**
   * Walks to the end.
   *
   * @throws IllegalArgumentException naming the file, the byte, what was expected and what came
   */
  void walk() {
    try {
      if (u8() != 0x80 || u8() != 2) {
        throw problem("expected a pickle of protocol 2");
      }
      while (step(u8())) {
        if (stack.size() > STACK_MAX) {
          throw problem("has more than " + STACK_MAX + " things on its stack");
        }
      }
      if (stack.size() != 1 || in.hasRemaining()) {
        throw problem(
            "must end with one object and nothing after it, has %d and %d bytes"
                .formatted(stack.size(), in.remaining()));
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(file + " is cut off", e);
    }
  }

  /** One opcode; false after the last. */
  private boolean step(int code) {
    switch (code) {
      case '.' -> {
        return false;
      }
      case '(' -> push(Plain.MARK);
      case 'N' -> push(Plain.NONE);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) u8());
      case 'M' -> push((long) (in.getShort() & 0xffff));
      case 'J' -> push((long) in.getInt());
      case 0x8a -> push(longer());
      case 'G' -> {
        in.getDouble();
        push(Plain.VALUE);
      }
      case 'X' -> push(text());
      case ')' -> push(new Items('t'));
      case ']' -> push(new Items('l'));
      case '}' -> push(new Items('d'));
      case 't' -> tuple(sinceMark());
      case 0x85 -> tuple(pop(1));
      case 0x86 -> tuple(pop(2));
      case 0x87 -> tuple(pop(3));
      case 'e' -> fill('l', sinceMark());
      case 'a' -> fill('l', pop(1));
      case 'u' -> fill('d', sinceMark());
      case 's' -> fill('d', pop(2));
      case 'q' -> remember(u8());
      case 'r' -> remember(in.getInt());
      case 'h' -> recall(u8());
      case 'j' -> recall(in.getInt());
      case 'c' -> push(global());
      case 'Q' -> persistent();
      case 0x81 -> newObject();
      case 'R' -> reduce();
      case 'b' -> build();
      default -> throw problem("has the opcode %02x, which no network needs".formatted(code));
    }
    return true;
  }

  /** libtorch makes room for whatever slot is named, so slots must be used one after the other. */
  private void remember(int slot) {
    Object value = top();
    if (slot < 0 || slot > memo.size() || value == Plain.MARK) {
      throw problem("sets slot " + slot + " after " + memo.size() + " others");
    }
    memo.put(slot, value);
  }

  private void recall(int slot) {
    Object value = memo.get(slot);
    if (value == null) {
      throw problem("recalls slot " + slot + ", which it never set");
    }
    push(value);
  }

  private Name global() {
    Name name = new Name(line(), line());
    String module = name.module();
    if (module.equals("__torch__") || module.startsWith("__torch__.")) {
      requireClass(module + "." + name.name());
      return name;
    }
    boolean known =
        switch (module) {
          case "torch._utils" -> name.name().equals("_rebuild_tensor_v2");
          case "collections" -> name.name().equals("OrderedDict");
          case "torch" -> STORAGE_BYTES.containsKey(name.name());
          case "torch.jit._pickle" ->
              switch (name.name()) {
                case "build_intlist",
                    "build_tensorlist",
                    "build_doublelist",
                    "build_boollist",
                    "restore_type_tag" ->
                    true;
                default -> false;
              };
          default -> false;
        };
    if (!known) {
      throw problem(
          "names '%s %s': expected a tensor's parts, torch.jit._pickle's lists or a class of __torch__"
              .formatted(shown(module), shown(name.name())));
    }
    return name;
  }

  private void requireClass(String qualified) {
    // libtorch looks a name up among its native classes first, whatever the archive's code says.
    if (qualified.startsWith("__torch__.torch.classes.") || !classes.test(qualified)) {
      throw problem(
          "names the class %s, which the archive's code does not define"
              .formatted(shown(qualified)));
    }
  }

  private void persistent() {
    Items id = require(pop(), 't', "a storage's id");
    List<Object> parts = id.values;
    boolean legal =
        parts.size() == 5
            && "storage".equals(parts.get(0))
            && parts.get(1) instanceof Name
            && parts.get(2) instanceof String
            && parts.get(3) instanceof String
            && parts.get(4) instanceof Long;
    if (!legal || !(parts.get(1) instanceof Name type)) {
      throw problem("expected a storage's id: 'storage', type, key, device, elements");
    }
    Integer width = type.module().equals("torch") ? STORAGE_BYTES.get(type.name()) : null;
    String key = String.valueOf(parts.get(2));
    String device = String.valueOf(parts.get(3));
    long elements = parts.get(4) instanceof Long count ? count : -1;
    if (width == null || !device.matches("cpu|cuda:\\d{1,2}")) {
      throw problem("has a storage of %s on '%s'".formatted(type, shown(device)));
    }
    boolean there =
        elements >= 0 && elements <= Integer.MAX_VALUE && storages.test(key, elements * width);
    if (!there) {
      throw problem(
          "has a storage '%s' of %d elements of %d bytes, which the archive does not have"
              .formatted(shown(key), elements, width));
    }
    push(new Storage(elements));
  }

  private void newObject() {
    Items arguments = require(pop(), 't', "a tuple of arguments");
    if (!(pop() instanceof Name name)
        || !name.module().startsWith("__torch__")
        || !arguments.values.isEmpty()) {
      throw problem("expected a new object of a class of __torch__, without arguments");
    }
    push(new Instance(name.module() + "." + name.name()));
  }

  private void build() {
    Object state = pop();
    if (!(top() instanceof Instance)) {
      throw problem("expected the state of an object of the archive's own classes");
    }
    if (state instanceof Items items) {
      items.inside = true;
    }
  }

  /** A call: of one of five functions, all of which only put values together. */
  private void reduce() {
    Items arguments = require(pop(), 't', "a tuple of arguments");
    if (!(pop() instanceof Name function)) {
      throw problem("calls what is no function");
    }
    List<Object> values = arguments.values;
    switch (function.module()) {
      case "torch._utils" -> tensor(values);
      case "collections" -> {
        if (!values.isEmpty()) {
          throw problem("expected an empty OrderedDict");
        }
        push(Plain.HOOKS);
      }
      case "torch.jit._pickle" -> {
        if (function.name().equals("restore_type_tag")) {
          if (values.size() != 2 || !(values.get(1) instanceof String type)) {
            throw problem("expected a value and its type");
          }
          requireType(type);
          push(values.get(0));
        } else if (values.size() == 1 && values.get(0) instanceof Items list && list.kind == 'l') {
          push(list);
        } else {
          throw problem("expected one list for " + function);
        }
      }
      default -> throw problem("calls " + function);
    }
  }

  /** The tag of a list or dictionary, such as {@code List[int]}: libtorch parses it as a type. */
  private void requireType(String type) {
    if (type.length() > 1000 || !type.matches("[A-Za-z0-9_.,\\[\\] ()]*")) {
      throw problem("has the type '" + shown(type) + "'");
    }
    for (String word : type.split("[^A-Za-z0-9_.]+", -1)) {
      if (word.contains(".")) {
        requireClass(word);
      }
    }
  }

  /** storage, offset, sizes, strides, requires_grad, hooks. */
  private void tensor(List<Object> values) {
    boolean legal =
        values.size() == 6
            && values.get(0) instanceof Storage
            && values.get(1) instanceof Long
            && values.get(4) instanceof Boolean
            && values.get(5) == Plain.HOOKS;
    if (!legal || !(values.get(0) instanceof Storage storage)) {
      throw problem("expected a tensor: storage, offset, sizes, strides, requires_grad, hooks");
    }
    long[] sizes = longs(values.get(2));
    long[] strides = longs(values.get(3));
    long offset = values.get(1) instanceof Long first ? first : -1;
    if (sizes.length != strides.length || sizes.length > ORDER_MAX || offset < 0) {
      throw problem(
          "has a tensor of sizes %s, strides %s and offset %d"
              .formatted(Arrays.toString(sizes), Arrays.toString(strides), offset));
    }
    boolean empty = false;
    long last = offset;
    for (int i = 0; i < sizes.length; i++) {
      boolean inRange =
          sizes[i] >= 0
              && strides[i] >= 0
              && sizes[i] <= Integer.MAX_VALUE
              && strides[i] <= Integer.MAX_VALUE;
      if (!inRange) {
        throw problem(
            "has a tensor of sizes %s and strides %s"
                .formatted(Arrays.toString(sizes), Arrays.toString(strides)));
      }
      empty |= sizes[i] == 0;
      last = Math.addExact(last, Math.max(0, sizes[i] - 1) * strides[i]);
    }
    if (!empty && last >= storage.elements()) {
      throw problem(
          "has a tensor that reaches element %d of a storage of %d"
              .formatted(last, storage.elements()));
    }
    push(Plain.VALUE);
  }

  private long[] longs(Object value) {
    Items tuple = require(value, 't', "a tuple of sizes");
    if (!tuple.values.stream().allMatch(Long.class::isInstance)) {
      throw problem("expected a tuple of sizes");
    }
    return tuple.values.stream().mapToLong(size -> (long) size).toArray();
  }

  private void tuple(List<Object> values) {
    Items tuple = new Items('t');
    values.forEach(value -> put(tuple, value));
    tuple.values.addAll(values);
    push(tuple);
  }

  private void fill(char kind, List<Object> values) {
    Items items = require(top(), kind, kind == 'l' ? "a list" : "a dictionary");
    if (items.inside) {
      throw problem("changes what is already part of something else");
    }
    values.forEach(value -> put(items, value));
    if (kind == 'd') {
      if (values.size() % 2 != 0) {
        throw problem("expected keys with values");
      }
      for (int i = 0; i < values.size(); i += 2) {
        if ("training".equals(values.get(i)) && Boolean.TRUE.equals(values.get(i + 1))) {
          throw problem(
              "has a module that is still training, which makes scores random: call model.eval()"
                  + " before it is exported");
        }
      }
    }
  }

  private void put(Items into, Object value) {
    if (value == Plain.MARK) {
      throw problem("has a mark where a value is expected");
    }
    if (value instanceof Items items) {
      if (items == into) {
        throw problem("puts a thing into itself");
      }
      items.inside = true;
      into.depth = Math.max(into.depth, items.depth + 1);
      if (into.depth > DEPTH_MAX) {
        throw problem("is nested deeper than " + DEPTH_MAX);
      }
    }
  }

  private Items require(Object value, char kind, String what) {
    if (value instanceof Items items && items.kind == kind) {
      return items;
    }
    throw problem("expected " + what);
  }

  private void push(Object value) {
    stack.add(value);
  }

  private Object top() {
    if (stack.isEmpty()) {
      throw problem("takes from an empty stack");
    }
    return stack.get(stack.size() - 1);
  }

  private Object pop() {
    Object value = top();
    stack.remove(stack.size() - 1);
    return value;
  }

  private List<Object> pop(int count) {
    if (stack.size() < count) {
      throw problem("takes from an empty stack");
    }
    return take(stack.size() - count);
  }

  private List<Object> sinceMark() {
    int mark = stack.lastIndexOf(Plain.MARK);
    if (mark < 0) {
      throw problem("takes from a mark that is not there");
    }
    List<Object> values = take(mark + 1);
    stack.remove(mark);
    return values;
  }

  private List<Object> take(int from) {
    List<Object> tail = stack.subList(from, stack.size());
    List<Object> values = new ArrayList<>(tail);
    tail.clear();
    return values;
  }

  private int u8() {
    return in.get() & 0xff;
  }

  /** A whole number of at most 8 bytes. */
  private long longer() {
    int length = u8();
    if (length > Long.BYTES) {
      throw problem("has a whole number of " + length + " bytes");
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (in.get() & (i == length - 1 ? -1L : 0xffL)) << (8 * i);
    }
    return value;
  }

  private String text() {
    int length = in.getInt();
    if (length < 0 || length > TEXT_MAX || length > in.remaining()) {
      throw problem("has a text of " + Integer.toUnsignedLong(length) + " bytes");
    }
    byte[] utf8 = new byte[length];
    in.get(utf8);
    return new String(utf8, StandardCharsets.UTF_8);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (int c = u8(); c != '\n'; c = u8()) {
      if (line.length() == 512) {
        throw problem("has a name of more than 512 bytes");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private static String shown(String text) {
    String plain = text.replaceAll("[^\\x20-\\x7e]", "?");
    return plain.length() <= 100 ? plain : plain.substring(0, 100) + "…";
  }

  private IllegalArgumentException problem(String what) {
    return new IllegalArgumentException("%s, byte %d: %s".formatted(file, in.position(), what));
  }
}
