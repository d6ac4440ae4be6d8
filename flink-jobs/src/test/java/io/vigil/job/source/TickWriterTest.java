package io.vigil.job.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** A ticker between a partition that answers and one that does not, with a clock moved by hand. */
class TickWriterTest {
  private static final long START_MS = 1_700_000_000_000L;
  private static final long BOUND_MS = 250;
  private static final TopicPartition NEAR = new TopicPartition("transactions", 0);
  private static final TopicPartition FAR = new TopicPartition("transactions", 1);
  private static final SinkWriter.Context UNUSED =
      new SinkWriter.Context() {
        @Override
        public long currentWatermark() {
          return Long.MIN_VALUE;
        }

        @Override
        public Long timestamp() {
          return 0L;
        }
      };

  private final Map<TopicPartition, KafkaFutureImpl<ListOffsetsResultInfo>> questions =
      new HashMap<>();
  private final HandClock clock = new HandClock();
  private final MockProducer<byte[], byte[]> producer =
      new MockProducer<>(
          new Cluster(
              "one",
              List.of(Node.noNode()),
              List.of(partition(NEAR), partition(FAR)),
              Set.of(),
              Set.of()),
          false,
          null,
          new ByteArraySerializer(),
          new ByteArraySerializer());
  private final TickWriter writer =
      new TickWriter(admin(), producer, List.of("transactions"), BOUND_MS, "job", clock);

  private static final class HandClock extends Clock {
    private long nowMs = START_MS;

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(nowMs);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private static PartitionInfo partition(TopicPartition partition) {
    return new PartitionInfo(
        partition.topic(), partition.partition(), Node.noNode(), new Node[0], new Node[0]);
  }

  /** Keeps the questions, which the test answers. */
  private Admin admin() {
    return (Admin)
        Proxy.newProxyInstance(
            Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class},
            (proxy, method, arguments) -> {
              assertThat(method.getName()).isEqualTo("listOffsets");
              Map<TopicPartition, KafkaFuture<ListOffsetsResultInfo>> answers = new HashMap<>();
              for (Object asked : ((Map<?, ?>) arguments[0]).keySet()) {
                KafkaFutureImpl<ListOffsetsResultInfo> answer = new KafkaFutureImpl<>();
                assertThat(questions.put((TopicPartition) asked, answer)).isNull();
                answers.put((TopicPartition) asked, answer);
              }
              return new ListOffsetsResult(answers);
            });
  }

  private void prompt() throws IOException {
    clock.nowMs += 50;
    writer.write(0L, UNUSED);
  }

  private void answer(TopicPartition partition, long end) {
    questions.remove(partition).complete(new ListOffsetsResultInfo(end, -1, Optional.empty()));
  }

  private void fail(TopicPartition partition, RuntimeException why) {
    questions.remove(partition).completeExceptionally(why);
  }

  /** What was appended since the last look, as partition and time after the start. */
  private List<String> ticks() throws DecodeException {
    List<String> ticks = new ArrayList<>();
    for (var record : producer.history()) {
      Tick tick = Codec.of(Tick.class).decode(record.value());
      ticks.add(record.partition() + " at " + (tick.getClock() + BOUND_MS + 1 - START_MS));
    }
    producer.clear();
    return ticks;
  }

  @Test
  void aPartitionThatDoesNotAnswerHoldsUpNoOther() throws Exception {
    prompt();
    answer(NEAR, 7);
    assertThat(ticks()).as("it may be moving").isEmpty();

    // Nothing waits for it, a checkpoint neither, and it is not asked again before it is given up.
    prompt();
    writer.flush(false);
    assertThat(questions.keySet()).containsExactlyInAnyOrder(NEAR, FAR);
    answer(NEAR, 7);
    assertThat(ticks()).containsExactly("0 at 100");

    fail(FAR, new TimeoutException("no answer"));
    prompt();
    assertThat(questions.keySet()).containsExactlyInAnyOrder(NEAR, FAR);
    answer(NEAR, 8);
    assertThat(ticks()).isEmpty();
  }

  @Test
  void aPartitionThatComesBackIsTickedWhenWhatWasHeldBackHadTimeToCome() throws Exception {
    prompt();
    answer(FAR, 3);
    answer(NEAR, 7);
    assertThat(ticks()).as("they may be moving").isEmpty();
    prompt();
    answer(FAR, 3);
    answer(NEAR, 7);
    assertThat(ticks()).containsExactly("1 at 100", "0 at 100");
    prompt();
    fail(FAR, new TimeoutException("no answer"));

    prompt();
    answer(FAR, 3);
    clock.nowMs += 1_900;
    prompt();
    answer(FAR, 900);
    clock.nowMs += 200;
    prompt();
    answer(FAR, 901);
    assertThat(ticks()).isEmpty();
    prompt();
    answer(FAR, 901);
    assertThat(ticks()).containsExactly("1 at 2450");
  }

  @Test
  void whatIsRefusedFailsTheNextPrompt() throws Exception {
    prompt();
    fail(FAR, new TopicAuthorizationException("not yours"));

    assertThatThrownBy(this::prompt)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("transactions")
        .hasCauseInstanceOf(TopicAuthorizationException.class);
  }
}
