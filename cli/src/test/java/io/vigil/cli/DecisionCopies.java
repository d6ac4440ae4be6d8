package io.vigil.cli;

import static org.assertj.core.api.Assertions.fail;

import io.vigil.cli.result.Tally;
import io.vigil.job.Topics;
import io.vigil.schema.Decision;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The decisions topic as it grows: the first copy of each decision, to which every other must be
 * equal byte for byte.
 */
final class DecisionCopies implements AutoCloseable {
  private final TopicCursor cursor;
  private final Codec<Decision> codec = Codec.of(Decision.class);
  private final Map<String, byte[]> first = new LinkedHashMap<>();
  private long copies;
  private Tally since = new Tally();
  private Set<String> idsSince = new TreeSet<>();

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
    byte[] known = first.putIfAbsent(id, entry.value());
    if (known != null) {
      copies++;
      if (!Arrays.equals(known, entry.value())) {
        fail("another decision about %s: %s", id, decision);
      }
    }
    idsSince.add(id);
    try {
      since.decision(entry.value(), entry.timestamp());
    } catch (IOException e) {
      throw new AssertionError(id, e);
    }
  }

  /** Begins to count anew for {@link #digestSince} and {@link #idsSince}. */
  void mark() {
    since = new Tally();
    idsSince = new TreeSet<>();
  }

  /** Of the decisions that were read since the last mark. */
  String digestSince() {
    return since.decisionsDigest();
  }

  /** Whose decisions were read since the last mark. */
  Set<String> idsSince() {
    return idsSince;
  }

  /** Everyone who was decided. */
  Set<String> ids() {
    return first.keySet();
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
