package io.vigil.schema.codec;

import io.vigil.schema.codec.DecodeException.Reason;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

/**
 * The ten bytes before every record: C3 01, then the CRC-64-AVRO fingerprint of the writer's schema
 * in parsing canonical form, little endian.
 *
 * <p>Source: Avro specification 1.12, "Single-object encoding". Stateless.
 */
public final class SingleObject {
  /** Bytes before the body. */
  public static final int HEADER_BYTES = 10;

  private static final byte MARKER_0 = (byte) 0xC3;
  private static final byte MARKER_1 = 0x01;

  private SingleObject() {}

  /** The fingerprint that stands in the header of records written with the schema. */
  public static long fingerprint(Schema schema) {
    return SchemaNormalization.parsingFingerprint64(schema);
  }

  /**
   * The fingerprint in the header of a record: tells which contract and version wrote it.
   *
   * @throws DecodeException {@code not_avro} when the marker is missing, {@code truncated} when the
   *     header is cut
   */
  public static long fingerprint(byte[] value) throws DecodeException {
    if (value.length < 2 || value[0] != MARKER_0 || value[1] != MARKER_1) {
      throw new DecodeException(
          Reason.NOT_AVRO,
          "expected Avro single-object encoding (marker C3 01), got "
              + value.length
              + " bytes that start otherwise");
    }
    if (value.length < HEADER_BYTES) {
      throw new DecodeException(
          Reason.TRUNCATED,
          "expected a header of " + HEADER_BYTES + " bytes, got " + value.length + " bytes");
    }
    long fingerprint = 0;
    for (int i = HEADER_BYTES - 1; i >= 2; i--) {
      fingerprint = fingerprint << 8 | (value[i] & 0xFF);
    }
    return fingerprint;
  }

  /** The ten bytes before a record that was written with the schema of that fingerprint. */
  public static byte[] header(long fingerprint) {
    byte[] header = new byte[HEADER_BYTES];
    header[0] = MARKER_0;
    header[1] = MARKER_1;
    for (int i = 2; i < HEADER_BYTES; i++) {
      header[i] = (byte) (fingerprint >>> (8 * (i - 2)));
    }
    return header;
  }

  static String hex(long fingerprint) {
    return String.format("%016x", fingerprint);
  }
}
