package io.vigil.model.xgboost;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the part of UBJSON (draft 12) that XGBoost writes: objects without a count, arrays with a
 * count or with a type and a count, all lengths as int64, big-endian. Everything is bounded before
 * memory is taken for it.
 *
 * <p>Objects become maps, counted arrays lists, typed arrays {@code byte[]} ({@code U}), {@code
 * int[]} ({@code l}), {@code long[]} ({@code L}) or {@code float[]} ({@code d}), strings strings,
 * integers {@code Long}, floats {@code Float}, booleans {@code Boolean}.
 */
final class UbjReader {
  private static final int DEPTH_MOST = 16;
  private static final int TEXT_MOST = 1 << 16;
  // Objects, lists and what is in them; a typed array counts as one.
  private static final int VALUES_MOST = 4 << 20;

  private final ByteBuffer in;
  private int values;

  private UbjReader(byte[] bytes) {
    this.in = ByteBuffer.wrap(bytes);
  }

  /**
   * The document.
   *
   * @throws IllegalArgumentException saying at which byte what was expected and what came
   */
  static Map<?, ?> read(byte[] bytes) {
    UbjReader reader = new UbjReader(bytes);
    try {
      if (!(reader.value(0) instanceof Map<?, ?> root)) {
        throw new IllegalArgumentException("expected UBJSON that begins with an object");
      }
      if (reader.in.hasRemaining()) {
        throw reader.wrong("the end of the file", reader.in.remaining() + " more bytes");
      }
      return root;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(
          "byte %d: the file ends within a value".formatted(reader.in.position()), e);
    }
  }

  private Object value(int depth) {
    if (depth > DEPTH_MOST) {
      throw wrong("at most " + DEPTH_MOST + " values within each other", "more");
    }
    if (++values > VALUES_MOST) {
      throw wrong("at most " + VALUES_MOST + " values", "more");
    }
    char marker = marker();
    return switch (marker) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case 'S' -> text();
      case 'T' -> true;
      case 'F' -> false;
      case 'i' -> (long) in.get();
      case 'U' -> (long) (in.get() & 0xff);
      case 'I' -> (long) in.getShort();
      case 'l' -> (long) in.getInt();
      case 'L' -> in.getLong();
      case 'd' -> in.getFloat();
      default -> throw wrong("a value", marker);
    };
  }

  private Map<String, Object> object(int depth) {
    Map<String, Object> object = new LinkedHashMap<>();
    while (true) {
      in.mark();
      if (marker() == '}') {
        return object;
      }
      in.reset();
      String key = text();
      if (object.put(key, value(depth + 1)) != null) {
        throw wrong("each key once", "'" + key + "' again");
      }
    }
  }

  private Object array(int depth) {
    char next = marker();
    if (next == '$') {
      char type = marker();
      expect('#');
      return switch (type) {
        case 'U' -> bytes(count(Byte.BYTES));
        case 'l' -> {
          int[] ints = new int[count(Integer.BYTES)];
          in.asIntBuffer().get(ints);
          in.position(in.position() + ints.length * Integer.BYTES);
          yield ints;
        }
        case 'L' -> {
          long[] longs = new long[count(Long.BYTES)];
          in.asLongBuffer().get(longs);
          in.position(in.position() + longs.length * Long.BYTES);
          yield longs;
        }
        case 'd' -> {
          float[] floats = new float[count(Float.BYTES)];
          in.asFloatBuffer().get(floats);
          in.position(in.position() + floats.length * Float.BYTES);
          yield floats;
        }
        default -> throw wrong("an array of U, l, L or d", type);
      };
    }
    if (next != '#') {
      throw wrong("an array with a count", next);
    }
    int count = count(1);
    List<Object> list = new ArrayList<>(Math.min(count, 1024));
    for (int i = 0; i < count; i++) {
      list.add(value(depth + 1));
    }
    return list;
  }

  private String text() {
    int length = count(1);
    if (length > TEXT_MOST) {
      throw wrong("a text of at most " + TEXT_MOST + " bytes", length);
    }
    byte[] bytes = bytes(length);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "byte %d: expected UTF-8 before it".formatted(in.position()), e);
    }
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    in.get(bytes);
    return bytes;
  }

  /** A length of that many items, which must fit into what is left of the file. */
  private int count(int itemBytes) {
    expect('L');
    long count = in.getLong();
    if (count < 0 || count > in.remaining() / itemBytes) {
      throw wrong("a count of at most " + in.remaining() / itemBytes, count);
    }
    return (int) count;
  }

  private void expect(char marker) {
    char came = marker();
    if (came != marker) {
      throw wrong("'" + marker + "'", came);
    }
  }

  private char marker() {
    return (char) (in.get() & 0xff);
  }

  private IllegalArgumentException wrong(String expected, Object came) {
    String text =
        came instanceof Character c && (c < ' ' || c > '~') ? "byte " + (int) c : "" + came;
    return new IllegalArgumentException(
        "byte %d: expected %s, came %s".formatted(in.position(), expected, text));
  }
}
