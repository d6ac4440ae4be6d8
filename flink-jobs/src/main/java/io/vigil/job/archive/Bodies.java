package io.vigil.job.archive;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/**
 * Takes a block apart into the bodies of its records, without making records of them, and reads
 * from each when it took effect. Not thread-safe.
 */
final class Bodies {
  /** Fields that say when a record took effect, the best first. */
  private static final List<String> TIMES = List.of("effective_time", "append_time", "event_time");

  private final List<Schema> fields = new ArrayList<>();
  private final int timeAt;
  private BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(new byte[0], null);

  /** Gets a body: these bytes of the array, which is lent until the call returns. */
  interface Visitor {
    /**
     * @param timeMs when it took effect, 0 where the schema does not tell
     */
    void body(byte[] bytes, int from, int length, long timeMs) throws IOException;
  }

  /** For blocks that were written with a schema of records. */
  Bodies(Schema schema) {
    schema.getFields().forEach(field -> fields.add(field.schema()));
    int at = -1;
    for (String time : TIMES) {
      Schema.Field field = schema.getField(time);
      if (at < 0 && field != null && field.schema().getType() == Schema.Type.LONG) {
        at = field.pos();
      }
    }
    timeAt = at;
  }

  /**
   * Visits the bodies of a block in their order.
   *
   * @throws IOException when the bytes are not so many records
   */
  void visit(byte[] bytes, int from, int length, long records, Visitor visitor) throws IOException {
    decoder = DecoderFactory.get().binaryDecoder(bytes, from, length, decoder);
    int end = from + length;
    int at = from;
    for (long i = 0; i < records; i++) {
      long timeMs = 0;
      try {
        for (int field = 0; field < fields.size(); field++) {
          if (field == timeAt) {
            timeMs = decoder.readLong();
          } else {
            GenericDatumReader.skip(fields.get(field), decoder);
          }
        }
      } catch (AvroRuntimeException | IndexOutOfBoundsException e) {
        throw new IOException("a block holds other bytes than its records: " + e.getMessage(), e);
      }
      int next = end - decoder.inputStream().available();
      visitor.body(bytes, at, next - at, timeMs);
      at = next;
    }
    if (at != end) {
      throw new IOException("a block holds " + (end - at) + " bytes after its last record");
    }
  }

  /** As above, of the block that was read last. */
  void visit(BlockReader reader, Visitor visitor) throws IOException {
    visit(reader.bytes(), reader.from(), reader.length(), reader.records(), visitor);
  }
}
