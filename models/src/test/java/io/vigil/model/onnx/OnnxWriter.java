package io.vigil.model.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes protobuf messages by hand; field numbers are those of onnx.proto. */
final class OnnxWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  OnnxWriter number(int field, long value) {
    varint((long) field << 3);
    varint(value);
    return this;
  }

  OnnxWriter text(int field, String... values) {
    for (String value : values) {
      bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }
    return this;
  }

  OnnxWriter message(int field, OnnxWriter message) {
    return bytes(field, message.toByteArray());
  }

  OnnxWriter bytes(int field, byte[] value) {
    varint((long) field << 3 | 2);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }

  private void varint(long value) {
    while ((value & ~0x7fL) != 0) {
      out.write((int) (value & 0x7f | 0x80));
      value >>>= 7;
    }
    out.write((int) value);
  }

  static OnnxWriter model(OnnxWriter graph) {
    return new OnnxWriter()
        .number(1, 8)
        .text(2, "vigil-test")
        .message(7, graph)
        .message(8, new OnnxWriter().text(1, "").number(2, 13))
        .message(8, new OnnxWriter().text(1, "ai.onnx.ml").number(2, 1));
  }

  /** An input or output of that element type, its batch free. */
  static OnnxWriter value(String name, int type, int... dimensions) {
    OnnxWriter shape = new OnnxWriter().message(1, new OnnxWriter().text(2, "n"));
    for (int dimension : dimensions) {
      shape.message(1, new OnnxWriter().number(1, dimension));
    }
    OnnxWriter tensor = new OnnxWriter().number(1, type).message(2, shape);
    return new OnnxWriter().text(1, name).message(2, new OnnxWriter().message(1, tensor));
  }

  static OnnxWriter tensor(String name, float[] values, int... dimensions) {
    OnnxWriter tensor = new OnnxWriter();
    for (int dimension : dimensions) {
      tensor.number(1, dimension);
    }
    return tensor.number(2, 1).text(8, name).bytes(9, littleEndian(values));
  }

  static OnnxWriter node(String operator, String domain, String[] inputs, String[] outputs) {
    return new OnnxWriter().text(1, inputs).text(2, outputs).text(4, operator).text(7, domain);
  }

  static OnnxWriter integers(String name, long... values) {
    OnnxWriter attribute = new OnnxWriter().text(1, name).number(20, 7);
    for (long value : values) {
      attribute.number(8, value);
    }
    return attribute;
  }

  static OnnxWriter floats(String name, float... values) {
    return new OnnxWriter().text(1, name).number(20, 6).bytes(7, littleEndian(values));
  }

  static OnnxWriter texts(String name, String... values) {
    return new OnnxWriter().text(1, name).number(20, 8).text(9, values);
  }

  static OnnxWriter text(String name, String value) {
    return new OnnxWriter().text(1, name).number(20, 3).text(4, value);
  }

  private static byte[] littleEndian(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }
}
