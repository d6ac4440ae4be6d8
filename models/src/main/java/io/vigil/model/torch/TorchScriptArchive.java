package io.vigil.model.torch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes TorchScript archives without Python: the zip of a pickled module object, its source code
 * and its tensors that {@code torch::jit::load} reads.
 *
 * <p>The layout follows PyTorch's {@code torch/csrc/jit/docs/serialization.md} (the format of
 * {@code torch.jit.save}); the pickle uses the few protocol 2 opcodes of {@code
 * torch/csrc/jit/serialization/pickler.h}. The same module gives the same bytes.
 */
public final class TorchScriptArchive {
  // Every entry sits under one top folder; the reader takes its name from the first entry.
  private static final String ROOT = "model/";
  // The DOS epoch: archives must not depend on the clock or the time zone.
  private static final LocalDateTime WRITTEN = LocalDateTime.of(1980, 1, 1, 0, 0);

  private TorchScriptArchive() {}

  /**
   * A named float32 parameter.
   *
   * @param name a Python identifier
   * @param shape sizes, each at least 1, outermost first
   * @param values row-major, as many as the product of {@code shape}; not copied
   */
  @SuppressWarnings("ArrayRecordComponent") // A carrier of bulk data, never compared.
  public record Parameter(String name, int[] shape, float[] values) {
    public Parameter {
      if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
        throw new IllegalArgumentException(
            "parameter name must be an identifier, came '" + name + "'");
      }
      long size = 1;
      for (int extent : shape) {
        if (extent < 1) {
          throw new IllegalArgumentException(
              "parameter " + name + ": every size must be at least 1, came " + extent);
        }
        size = Math.multiplyExact(size, (long) extent);
      }
      if (size != values.length) {
        throw new IllegalArgumentException(
            "parameter " + name + ": its shape holds " + size + " values, came " + values.length);
      }
    }
  }

  /**
   * The bytes of a {@code .pt} file.
   *
   * @param className the module's class, a Python identifier
   * @param forward TorchScript of the methods, indented by two spaces; parameters are {@code
   *     self.NAME}, the class is {@code __torch__.CLASSNAME}
   * @param parameters in order; all become trainable parameters
   */
  public static byte[] write(String className, String forward, List<Parameter> parameters) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      entry(zip, "data.pkl", module(className, parameters));
      entry(zip, "byteorder", ascii("little"));
      for (int i = 0; i < parameters.size(); i++) {
        entry(zip, "data/" + i, littleEndian(parameters.get(i).values()));
      }
      entry(zip, "code/__torch__.py", source(className, forward, parameters));
      entry(zip, "constants.pkl", new Pickle().emptyTuple().end());
      // The oldest file format that has this layout; newer readers accept it.
      entry(zip, "version", ascii("3\n"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write a zip into memory", e);
    }
    return bytes.toByteArray();
  }

  private static void entry(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(ROOT + name);
    entry.setTimeLocal(WRITTEN);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private static byte[] source(String className, String forward, List<Parameter> parameters) {
    StringBuilder code = new StringBuilder(512);
    code.append("class ").append(className).append("(Module):\n  __parameters__ = [");
    for (Parameter parameter : parameters) {
      code.append('"').append(parameter.name()).append("\", ");
    }
    code.append("]\n  __buffers__ = []\n  training : bool\n");
    for (Parameter parameter : parameters) {
      code.append("  ").append(parameter.name()).append(" : Tensor\n");
    }
    return ascii(code.append(forward).toString());
  }

  private static byte[] module(String className, List<Parameter> parameters) {
    Pickle pickle = new Pickle();
    pickle.global("__torch__", className).emptyTuple().newObject().emptyDict().mark();
    pickle.string("training").bool(false);
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      int[] shape = parameter.shape();
      pickle.string(parameter.name()).global("torch._utils", "_rebuild_tensor_v2").mark();
      pickle.mark().string("storage").global("torch", "FloatStorage");
      pickle.string(Integer.toString(i)).string("cpu").integer(parameter.values().length);
      pickle.tuple().persistentId();
      pickle.integer(0); // offset into the storage
      pickle.mark();
      for (int extent : shape) {
        pickle.integer(extent);
      }
      pickle.tuple().mark();
      int stride = parameter.values().length;
      for (int extent : shape) {
        stride /= extent;
        pickle.integer(stride);
      }
      pickle.tuple().bool(true); // requires a gradient
      pickle.global("collections", "OrderedDict").emptyTuple().reduce(); // backward hooks: none
      pickle.tuple().reduce();
    }
    return pickle.setItems().build().end();
  }

  private static byte[] littleEndian(float[] values) {
    ByteBuffer buffer = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
    buffer.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return buffer.array();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The opcodes of Python's pickle protocol 2 that a module needs. */
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle() {
      op(0x80).op(2);
    }

    private Pickle op(int code) {
      out.write(code);
      return this;
    }

    private Pickle int32(int value) {
      return op(value).op(value >> 8).op(value >> 16).op(value >> 24);
    }

    Pickle global(String module, String name) {
      op('c').out.writeBytes(ascii(module + "\n" + name + "\n"));
      return this;
    }

    Pickle string(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      op('X').int32(utf8.length).out.writeBytes(utf8);
      return this;
    }

    Pickle integer(int value) {
      return op('J').int32(value);
    }

    Pickle bool(boolean value) {
      return op(value ? 0x88 : 0x89);
    }

    Pickle emptyTuple() {
      return op(')');
    }

    Pickle emptyDict() {
      return op('}');
    }

    Pickle mark() {
      return op('(');
    }

    Pickle tuple() {
      return op('t');
    }

    Pickle setItems() {
      return op('u');
    }

    Pickle newObject() {
      return op(0x81);
    }

    Pickle build() {
      return op('b');
    }

    Pickle reduce() {
      return op('R');
    }

    Pickle persistentId() {
      return op('Q');
    }

    byte[] end() {
      return op('.').out.toByteArray();
    }
  }
}
