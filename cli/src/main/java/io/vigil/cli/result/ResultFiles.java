package io.vigil.cli.result;

import io.vigil.schema.AlertRaised;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.SingleObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;

/**
 * The result as Avro object container files: {@code decisions.avro}, {@code alerts.avro}, {@code
 * dead-letters.avro}. The bytes of the topics go in as they stand. A file appears under its name
 * only when it is complete. Not thread-safe.
 */
public final class ResultFiles implements AutoCloseable {

  private static final String PARTIAL = ".partial";
  private static final int BLOCK_BYTES = 1 << 18;

  private final Path directory;
  private final List<String> names = new ArrayList<>();
  private final DataFileWriter<Object> decisions;
  private final DataFileWriter<Object> alerts;
  private final DataFileWriter<Object> deadLetters;

  /** Opens the three files in a directory, which is made when it is missing. */
  public ResultFiles(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
    decisions = open("decisions.avro", Decision.getClassSchema());
    alerts = open("alerts.avro", AlertRaised.getClassSchema());
    deadLetters = open("dead-letters.avro", DeadLetter.getClassSchema());
  }

  private DataFileWriter<Object> open(String name, Schema schema) throws IOException {
    names.add(name);
    // Every reader knows the null codec, and the run's own processor time stays the pipeline's.
    return new DataFileWriter<>(new GenericDatumWriter<>(schema))
        .setCodec(CodecFactory.nullCodec())
        .setSyncInterval(BLOCK_BYTES)
        .create(schema, directory.resolve(name + PARTIAL).toFile());
  }

  void decision(byte[] value) throws IOException {
    append(decisions, value);
  }

  void alert(byte[] value) throws IOException {
    append(alerts, value);
  }

  void deadLetter(byte[] value) throws IOException {
    append(deadLetters, value);
  }

  private static void append(DataFileWriter<Object> file, byte[] value) throws IOException {
    file.appendEncoded(
        ByteBuffer.wrap(
            value, SingleObject.HEADER_BYTES, value.length - SingleObject.HEADER_BYTES));
  }

  /** Completes the files: puts them in place of those of an earlier run. */
  public void commit() throws IOException {
    close();
    for (String name : names) {
      Files.move(
          directory.resolve(name + PARTIAL),
          directory.resolve(name),
          StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Override
  public void close() throws IOException {
    decisions.close();
    alerts.close();
    deadLetters.close();
  }
}
