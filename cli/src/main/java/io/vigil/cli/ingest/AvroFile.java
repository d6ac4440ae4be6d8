package io.vigil.cli.ingest;

import io.vigil.cli.ingest.FileRecords.Rows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * An Avro object container file, as if its objects were records of a topic, counted from 1.
 * Thread-confined.
 */
final class AvroFile implements Rows<ConsumerRecord<byte[], byte[]>> {
  private final Path file;
  private final DataFileStream<Object> in;
  private final Schema schema;
  private byte[] block = new byte[0];
  private int at;
  private long left;
  private long position;

  /**
   * @throws IngestException when there is no such file, or it is of another form
   */
  AvroFile(Path file) throws IOException {
    this.file = file;
    try {
      in = new DataFileStream<>(Files.newInputStream(file), new GenericDatumReader<>());
    } catch (NoSuchFileException e) {
      throw new IngestException(
          "input: expected an Avro container file, got " + file + ", which is missing", e);
    } catch (IOException | AvroRuntimeException e) {
      throw new IngestException(
          "input: expected an Avro container file, got " + file + ": " + e.getMessage(), e);
    }
    schema = in.getSchema();
  }

  /** Reads the records of this file, which stand in it without a frame. */
  RecordBody body() {
    return new RecordBody() {
      @Override
      public Object read(byte[] bytes) throws BadCellException {
        return new AvroReader(bytes, 0).read(schema);
      }

      @Override
      public byte[] unreadable(byte[] bytes, boolean secrets) {
        byte[] stars = new byte[bytes.length];
        Arrays.fill(stars, (byte) '*');
        return stars;
      }
    };
  }

  @Override
  public @Nullable ConsumerRecord<byte[], byte[]> next() {
    try {
      while (left == 0) {
        if (!in.hasNext()) {
          return null;
        }
        ByteBuffer next = in.nextBlock();
        block = new byte[next.remaining()];
        next.get(block);
        left = in.getBlockCount();
        at = 0;
      }
      AvroReader reader = new AvroReader(block, at);
      var unused = reader.read(schema);
      byte[] record = Arrays.copyOfRange(block, at, reader.at());
      at = reader.at();
      left--;
      return JsonLines.record(file, ++position, record);
    } catch (BadCellException e) {
      throw new IngestException(
          file + ": unreadable after record " + position + ": " + e.getMessage(), e);
    } catch (AvroRuntimeException e) {
      throw new IngestException(
          file + ": unreadable after record " + position + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": unreadable after record " + position, e);
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
