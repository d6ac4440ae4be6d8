package io.vigil.cli.ingest;

import io.vigil.cli.ingest.SchemaSource.UnknownSchemaException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.avro.Schema;

/**
 * Avro as schema registries frame it: a zero byte, the schema's id in four bytes, big end first,
 * and the record in Avro's binary encoding. As thread-safe as its source of schemas.
 */
final class AvroBody implements RecordBody {
  private static final int HEADER_BYTES = 5;

  private final SchemaSource schemas;

  AvroBody(SchemaSource schemas) {
    this.schemas = schemas;
  }

  @Override
  public Object read(byte[] bytes) throws BadCellException {
    if (bytes.length < HEADER_BYTES || bytes[0] != 0) {
      throw new BadCellException(
          "not_framed",
          "record: expected a zero byte and a schema id of four before the Avro, got "
              + (bytes.length < HEADER_BYTES ? bytes.length + " bytes" : "first byte " + bytes[0]));
    }
    int id = ByteBuffer.wrap(bytes).getInt(1);
    Schema schema;
    try {
      schema = schemas.schema(id);
    } catch (UnknownSchemaException e) {
      throw new BadCellException("unknown_schema", "record: " + e.getMessage());
    }
    AvroReader reader = new AvroReader(bytes, HEADER_BYTES);
    Object root = reader.read(schema);
    if (reader.at() != bytes.length) {
      throw new BadCellException(
          "bad_avro",
          "record: expected Avro of schema %d to its end, got %d bytes more"
              .formatted(id, bytes.length - reader.at()));
    }
    return root;
  }

  @Override
  public byte[] unreadable(byte[] bytes, boolean secrets) {
    byte[] shown = bytes.clone();
    // A card number may be a long there, in bytes that nobody would recognise.
    Arrays.fill(shown, Math.min(HEADER_BYTES, shown.length), shown.length, (byte) '*');
    return shown;
  }
}
