package io.vigil.cli.replay;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.SingleObject;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.LocalDate;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/** Decisions of a day that were made again, as an archive keeps them. Thread-confined. */
final class DayWriter implements Closeable {
  private static final int ZSTD_LEVEL = 1;

  private final DataFileWriter<Object> file;

  DayWriter(ArchiveFolder out, LocalDate day) throws IOException {
    Path path = new Path(out.day(DecisionIndex.KIND, day), "decisions-0.avro");
    FileSystem files = out.files();
    files.mkdirs(path.getParent());
    file =
        new DataFileWriter<>(new GenericDatumWriter<>())
            .setCodec(CodecFactory.zstandardCodec(ZSTD_LEVEL))
            .create(Decision.getClassSchema(), files.create(path, FileSystem.WriteMode.OVERWRITE));
  }

  /** Adds a decision in Avro single-object encoding. */
  void add(byte[] decision) throws IOException {
    file.appendEncoded(
        ByteBuffer.wrap(
            decision, SingleObject.HEADER_BYTES, decision.length - SingleObject.HEADER_BYTES));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
