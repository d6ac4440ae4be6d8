package io.vigil.job.sink;

import io.vigil.job.record.Outgoing;
import io.vigil.schema.codec.SingleObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.flink.api.common.serialization.BulkWriter;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.core.fs.FSDataOutputStream;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.functions.sink.filesystem.BucketAssigner;
import org.apache.flink.streaming.api.functions.sink.filesystem.OutputFileConfig;
import org.apache.flink.streaming.api.functions.sink.filesystem.bucketassigners.SimpleVersionedStringSerializer;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.OnCheckpointRollingPolicy;

/**
 * The archive: Avro object container files by kind and day of effective time, made visible at
 * checkpoints. Bodies are copied as they were encoded for the topic, never encoded again.
 */
public final class Archive {
  private static final int ZSTD_LEVEL = 1;

  private Archive() {}

  /**
   * A sink for one kind of record.
   *
   * @param directory the archive's root
   * @param kind name of the kind's folder
   * @param schema current schema of the records
   */
  public static FileSink<Outgoing> sink(String directory, String kind, Schema schema) {
    return FileSink.forBulkFormat(new Path(directory, kind), new WriterFactory(schema))
        .withBucketAssigner(new DayAssigner())
        .withRollingPolicy(OnCheckpointRollingPolicy.build())
        .withOutputFileConfig(
            OutputFileConfig.builder().withPartPrefix(kind).withPartSuffix(".avro").build())
        .build();
  }

  /** The schema travels as an object: a run makes thousands of files, and parsing takes long. */
  private record WriterFactory(Schema schema) implements BulkWriter.Factory<Outgoing> {
    private static final long serialVersionUID = 1L;

    @Override
    public BulkWriter<Outgoing> create(FSDataOutputStream out) throws IOException {
      DataFileWriter<Object> file =
          new DataFileWriter<>(new GenericDatumWriter<>())
              .setCodec(CodecFactory.zstandardCodec(ZSTD_LEVEL))
              .create(schema, new Uncloseable(out));
      return new Writer(file);
    }
  }

  private record Writer(DataFileWriter<Object> file) implements BulkWriter<Outgoing> {
    @Override
    public void addElement(Outgoing element) throws IOException {
      byte[] value = element.value();
      file.appendEncoded(
          ByteBuffer.wrap(
              value, SingleObject.HEADER_BYTES, value.length - SingleObject.HEADER_BYTES));
    }

    @Override
    public void flush() throws IOException {
      file.flush();
    }

    @Override
    public void finish() throws IOException {
      file.close();
    }
  }

  /** Flink closes the stream itself, after it has made sure of what was written. */
  private static final class Uncloseable extends java.io.FilterOutputStream {
    Uncloseable(FSDataOutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      out.write(bytes, from, length);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  private static final class DayAssigner implements BucketAssigner<Outgoing, String> {
    private static final long serialVersionUID = 1L;
    private static final long DAY_MS = 86_400_000L;

    private long day = Long.MIN_VALUE;
    private String name = "";

    @Override
    public String getBucketId(Outgoing element, Context context) {
      long itsDay = Math.floorDiv(element.effectiveTimeMs(), DAY_MS);
      if (itsDay != day) {
        day = itsDay;
        name =
            "day="
                + DateTimeFormatter.ISO_LOCAL_DATE
                    .withZone(ZoneOffset.UTC)
                    .format(Instant.ofEpochMilli(itsDay * DAY_MS));
      }
      return name;
    }

    @Override
    public SimpleVersionedSerializer<String> getSerializer() {
      return SimpleVersionedStringSerializer.INSTANCE;
    }
  }
}
