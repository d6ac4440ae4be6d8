package io.vigil.schema.codec;

import io.vigil.schema.codec.DecodeException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.ResolvingDecoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Writes records of one contract with its current schema, and reads what any version of it wrote.
 *
 * <p>The earlier versions are resources of this module, {@code frozen/<Name>/<n>.avsc}, so a reader
 * needs no schema registry. Thread-confined: make one per thread with {@link #of}.
 *
 * @param <T> the generated class of the contract
 */
public final class Codec<T extends SpecificRecordBase> {
  /** Parsing takes long, and many threads have a codec each. */
  private static final ClassValue<List<Schema>> FROZEN =
      new ClassValue<>() {
        @Override
        protected List<Schema> computeValue(Class<?> type) {
          List<Schema> versions = new ArrayList<>();
          for (int version = 1; ; version++) {
            String name =
                "/io/vigil/schema/frozen/" + type.getSimpleName() + "/" + version + ".avsc";
            try (InputStream frozen = Codec.class.getResourceAsStream(name)) {
              if (frozen == null) {
                return List.copyOf(versions);
              }
              versions.add(new Schema.Parser().parse(frozen));
            } catch (IOException e) {
              throw new UncheckedIOException("Could not read the frozen schema " + name, e);
            }
          }
        }
      };

  private final Class<T> type;
  private final Schema schema;
  private final SpecificData data;
  private final byte[] header;
  private final Map<Long, ResolvingDecoder> resolvers = new HashMap<>();
  private final WireReader reader = new WireReader();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
  private BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);

  private Codec(Class<T> type) {
    this.type = type;
    this.schema = SpecificData.get().getSchema(type);
    this.data = new SpecificData(type.getClassLoader());
    this.header = SingleObject.header(SingleObject.fingerprint(schema));
  }

  /** A codec that reads every frozen version of the contract, and its current one. */
  public static <T extends SpecificRecordBase> Codec<T> of(Class<T> type) {
    Codec<T> codec = new Codec<>(type);
    codec.read(codec.schema);
    frozen(type).forEach(codec::read);
    return codec;
  }

  /** The earlier versions of a contract and its current one, the oldest first. */
  static List<Schema> frozen(Class<?> type) {
    return FROZEN.get(type);
  }

  /** Reads records of one more writer's schema from now on. */
  Codec<T> read(Schema writer) {
    try {
      resolvers.put(
          SingleObject.fingerprint(writer),
          DecoderFactory.get().resolvingDecoder(writer, schema, null));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("Could not resolve a schema of " + schema.getFullName(), e);
    }
  }

  /** Whether a version of this contract has the fingerprint. */
  public boolean reads(long fingerprint) {
    return resolvers.containsKey(fingerprint);
  }

  /**
   * The record in single-object encoding, a new array.
   *
   * @throws IllegalArgumentException when a field that may not be null is null
   */
  public byte[] encode(T record) {
    out.reset();
    out.writeBytes(header);
    try {
      record.customEncode(encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("A write to memory failed", e);
    } catch (RuntimeException e) {
      encoder = EncoderFactory.get().binaryEncoder(out, null); // The old one holds half a record.
      throw new IllegalArgumentException(
          schema.getName() + " cannot be encoded: a required field is null", e);
    }
    return out.toByteArray();
  }

  /**
   * The record at a place of an array in which others stand behind it, as in a block of an Avro
   * container file.
   *
   * @param fingerprint of the writer's schema
   * @param from where the body begins; {@link #end} says where it ended
   * @throws DecodeException when there is no record of this contract, whatever it is
   */
  public T decode(long fingerprint, byte[] bytes, int from) throws DecodeException {
    ResolvingDecoder resolver = resolvers.get(fingerprint);
    if (resolver == null) {
      throw unknown(fingerprint);
    }
    return read(resolver, bytes, from);
  }

  /** Where the last record ended: the place behind it. */
  public int end() {
    return reader.position();
  }

  /**
   * The record that the bytes hold, as the current version sees it.
   *
   * @throws DecodeException when the bytes are no record of this contract, whatever they are
   */
  public T decode(byte[] value) throws DecodeException {
    long fingerprint = SingleObject.fingerprint(value);
    ResolvingDecoder resolver = resolvers.get(fingerprint);
    if (resolver == null) {
      throw unknown(fingerprint);
    }
    T record = read(resolver, value, SingleObject.HEADER_BYTES);
    reader.end();
    return record;
  }

  private DecodeException unknown(long fingerprint) {
    return new DecodeException(
        Reason.UNKNOWN_SCHEMA,
        "expected a version of "
            + schema.getName()
            + ", got the schema with fingerprint "
            + SingleObject.hex(fingerprint));
  }

  private T read(ResolvingDecoder resolver, byte[] bytes, int from) throws DecodeException {
    try {
      // Forgets whatever an earlier, corrupt record left behind, too.
      resolver.configure(reader.at(bytes, from));
      T record = type.cast(data.newRecord(null, schema));
      record.customDecode(resolver);
      resolver.drain();
      return record;
    } catch (DecodeException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Avro answers corrupt input with exceptions of many types: no match for a symbol of an enum
      // or a branch of a union, an index beyond an array.
      throw new DecodeException(
          Reason.MALFORMED, "expected a " + schema.getName() + ": " + e.getMessage(), e);
    }
  }
}
