package io.vigil.model.onnx;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One level of a protobuf message: numbers and blocks by field, blocks not copied. A field that may
 * stand once is refused when it stands twice, as protobuf would merge the two.
 */
final class Proto {
  private final String path;
  private final Map<Integer, Numbers> numbers = new HashMap<>();
  private final Map<Integer, List<ByteBuffer>> blocks = new HashMap<>();

  private Proto(String path) {
    this.path = path;
  }

  /** Varints and fixed 32-bit values, in their order. */
  private static final class Numbers {
    private long[] values = new long[4];
    private int size;

    void add(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    long[] toArray() {
      return Arrays.copyOf(values, size);
    }
  }

  /**
   * Reads a message.
   *
   * @param path names it in messages
   * @param known the fields it may have
   * @throws IllegalArgumentException when it is none, or has another field
   */
  static Proto read(String path, ByteBuffer message, Set<Integer> known) {
    Proto proto = new Proto(path);
    ByteBuffer in = message.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (in.hasRemaining()) {
        long tag = varint(in);
        int field = (int) (tag >>> 3);
        if (tag >>> 32 != 0 || !known.contains(field)) {
          throw new IllegalArgumentException(
              "%s must have the fields %s, came %d".formatted(path, known, tag >>> 3));
        }
        switch ((int) tag & 7) {
          case 0 -> proto.number(field, varint(in));
          case 2 -> {
            long length = varint(in);
            if (length < 0 || length > in.remaining()) {
              throw new BufferUnderflowException();
            }
            proto
                .blocks
                .computeIfAbsent(field, key -> new ArrayList<>())
                .add(in.slice(in.position(), (int) length));
            in.position(in.position() + (int) length);
          }
          case 5 -> proto.number(field, in.getInt());
          default ->
              throw new IllegalArgumentException(
                  "%s: field %d must be a number, a float or a block, came wire type %d"
                      .formatted(path, field, tag & 7));
        }
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(path + " ends within a field", e);
    }
    return proto;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new BufferUnderflowException();
  }

  private void number(int field, long value) {
    numbers.computeIfAbsent(field, key -> new Numbers()).add(value);
  }

  String path() {
    return path;
  }

  boolean has(int field) {
    return numbers.containsKey(field) || blocks.containsKey(field);
  }

  IllegalArgumentException wrong(String expected, Object came) {
    String text = "" + came;
    return new IllegalArgumentException(
        "%s must have %s, came %s"
            .formatted(path, expected, text.length() > 80 ? text.substring(0, 80) + "…" : text));
  }

  /** A number that stands at most once. */
  long number(int field, String name, long missing) {
    long[] all = ints(field, name);
    if (all.length > 1 || blocks.containsKey(field)) {
      throw wrong("one " + name, all.length + " of them");
    }
    return all.length == 0 ? missing : all[0];
  }

  /** A text that stands at most once, empty when it does not stand. */
  String text(int field, String name) {
    ByteBuffer block = block(field, name);
    return block == null ? "" : utf8(block);
  }

  List<String> texts(int field) {
    return blocks(field).stream().map(this::utf8).toList();
  }

  /** A block that stands at most once. */
  @Nullable ByteBuffer block(int field, String name) {
    List<ByteBuffer> all = blocks(field);
    if (all.size() > 1 || numbers.containsKey(field)) {
      throw wrong("one " + name, all.size() + " of them");
    }
    return all.isEmpty() ? null : all.get(0);
  }

  List<ByteBuffer> blocks(int field) {
    return blocks.getOrDefault(field, List.of());
  }

  /** Messages of a field, numbered in their paths. */
  List<Proto> messages(int field, String name, Set<Integer> known) {
    List<Proto> messages = new ArrayList<>();
    for (ByteBuffer block : blocks(field)) {
      messages.add(read(name + "[" + messages.size() + "]", block, known));
    }
    return messages;
  }

  /** Repeated integers, packed or not. */
  long[] ints(int field, String name) {
    Numbers loose = numbers.get(field);
    if (loose != null) {
      if (blocks.containsKey(field)) {
        throw wrong(name + " packed or not", "both");
      }
      return loose.toArray();
    }
    Numbers packed = new Numbers();
    try {
      for (ByteBuffer block : blocks(field)) {
        ByteBuffer in = block.duplicate();
        while (in.hasRemaining()) {
          packed.add(varint(in));
        }
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(path + ": " + name + " ends within a number", e);
    }
    return packed.toArray();
  }

  /** Repeated floats, packed or not. */
  float[] floats(int field, String name) {
    Numbers loose = numbers.get(field);
    if (loose != null) {
      if (blocks.containsKey(field)) {
        throw wrong(name + " packed or not", "both");
      }
      float[] floats = new float[loose.size];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = Float.intBitsToFloat((int) loose.values[i]);
      }
      return floats;
    }
    int bytes = blocks(field).stream().mapToInt(ByteBuffer::remaining).sum();
    if (blocks(field).stream().anyMatch(block -> block.remaining() % Float.BYTES != 0)) {
      throw wrong(name + " of 4 bytes each", bytes + " bytes");
    }
    float[] floats = new float[bytes / Float.BYTES];
    int at = 0;
    for (ByteBuffer block : blocks(field)) {
      int count = block.remaining() / Float.BYTES;
      block.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats, at, count);
      at += count;
    }
    return floats;
  }

  private String utf8(ByteBuffer block) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(block.duplicate()).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(path + " must have UTF-8 texts", e);
    }
  }
}
