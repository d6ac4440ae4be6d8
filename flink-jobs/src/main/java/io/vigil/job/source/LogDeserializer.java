package io.vigil.job.source;

import io.vigil.job.record.LogRecord;
import io.vigil.job.record.WireType;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** The Kafka source's end of {@link RecordDecoder}. */
public final class LogDeserializer implements KafkaRecordDeserializationSchema<LogRecord> {
  private static final long serialVersionUID = 1L;

  private final long futureLimitMs;
  private transient @Nullable RecordDecoder decoder;

  public LogDeserializer(long futureLimitMs) {
    this.futureLimitMs = futureLimitMs;
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    open();
  }

  void open() {
    decoder = new RecordDecoder(futureLimitMs);
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<LogRecord> out) {
    RecordDecoder opened = decoder;
    if (opened == null) {
      throw new IllegalStateException("log deserializer: used before it was opened");
    }
    out.collect(
        opened.decode(
            record.topic(),
            record.partition(),
            record.offset(),
            record.timestamp(),
            record.key(),
            record.value()));
  }

  @Override
  public TypeInformation<LogRecord> getProducedType() {
    return new WireType<>(LogRecord.WIRE);
  }
}
