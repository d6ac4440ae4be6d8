package io.vigil.cli;

import static org.assertj.core.api.Assertions.fail;

import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The decisions topic as it grows: the first copy of each decision, to which every other must be
 * equal byte for byte.
 */
final class DecisionCopies implements AutoCloseable {
  private final TopicCursor cursor;
  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final Map<String, First> first = new HashMap<>();
  private long copies;
  private long late;
  private long latestMs;
  private long lagMsMax;
  private Tally since = new Tally();
  private Set<String> idsSince = new HashSet<>();

  /** The first copy of a decision: a hash of its bytes, for there are many, and where it stands. */
  private record First(UUID hash, int partition, long offset) {}

  DecisionCopies(String bootstrap) {
    cursor = new TopicCursor(bootstrap, Topics.DECISIONS);
  }

  /** Reads what has come. */
  void read() {
    cursor.readToEnd(this::keep);
  }

  private void keep(ConsumerRecord<byte[], byte[]> entry) {
    Decision decision = TopicCursor.decode(codec, entry.value());
    String id = decision.getTransaction().getTransactionId();
    // Version 3 of UUIDs is MD5, which is enough against chance.
    First copy =
        new First(UUID.nameUUIDFromBytes(entry.value()), entry.partition(), entry.offset());
    First known = first.putIfAbsent(id, copy);
    if (known == null) {
      late += decision.getLate() ? 1 : 0;
      latestMs = Math.max(latestMs, decision.getAppendTime());
      lagMsMax = Math.max(lagMsMax, entry.timestamp() - decision.getAppendTime());
    } else {
      copies++;
      if (!known.hash().equals(copy.hash())) {
        byte[] before = cursor.valueAt(known.partition(), known.offset());
        fail("another decision about %s: %s", id, differing(before, decision));
      }
    }
    idsSince.add(id);
    try {
      since.decision(entry.value(), entry.timestamp());
    } catch (IOException e) {
      throw new AssertionError(id, e);
    }
  }

  /** The fields that differ, each as it was and as it is. */
  private String differing(byte[] known, Decision now) {
    Decision before = TopicCursor.decode(codec, known);
    StringBuilder text = new StringBuilder();
    for (Schema.Field field : Decision.getClassSchema().getFields()) {
      Object was = before.get(field.pos());
      Object is = now.get(field.pos());
      if (!Objects.equals(was, is)) {
        text.append(field.name()).append(' ').append(was).append(" -> ").append(is).append("; ");
      }
    }
    return text.toString();
  }

  /** Begins to count anew for {@link #digestSince}, {@link #idsSince} and {@link #lagMsMax}. */
  void mark() {
    since = new Tally();
    idsSince = new HashSet<>();
    lagMsMax = 0;
  }

  /** Of the decisions that were read since the last mark. */
  String digestSince() {
    return since.decisionsDigest();
  }

  /** Whose decisions were read since the last mark. */
  Set<String> idsSince() {
    return idsSince;
  }

  /** When the log took the newest record that was decided, milliseconds by the broker's clock. */
  long latestMs() {
    return latestMs;
  }

  /** The longest that a record has waited in the log, since the last mark. */
  long lagMsMax() {
    return lagMsMax;
  }

  /** Everyone who was decided. */
  Set<String> ids() {
    return first.keySet();
  }

  /** How many were late. */
  long late() {
    return late;
  }

  /** How many records repeat an earlier one. */
  long copies() {
    return copies;
  }

  @Override
  public void close() {
    cursor.close();
  }
}
