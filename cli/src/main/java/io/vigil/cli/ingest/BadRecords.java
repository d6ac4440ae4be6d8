package io.vigil.cli.ingest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Stage;
import io.vigil.schema.codec.PanMask;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes dead letters of a topic's bad records, without what the mapping calls secret. What could be
 * read is shown as JSON; of what could not, nothing that might be a digit of a card number.
 */
final class BadRecords {
  /** A record may be as large as its broker lets it be; a dead letter has to fit into ours. */
  private static final int SHOWN_BYTES_MAX = 1 << 20;

  private static final ObjectWriter WRITER = new ObjectMapper().writer();

  private final String source;
  private final RecordBody body;
  private final boolean secrets;
  private final boolean knownOnly;
  private final Set<List<String>> hidden = new HashSet<>();
  private final Set<List<String>> known = new HashSet<>();

  /**
   * @param source what stands before the name of the topic or file in the origin
   * @param secrets whether the mapping replaces anything by tokens
   * @param knownOnly shows only what is known to identify nobody: with a vault
   */
  BadRecords(String source, RecordBody body, boolean secrets, boolean knownOnly) {
    this.source = source;
    this.body = body;
    this.secrets = secrets;
    this.knownOnly = knownOnly;
  }

  /** What the mapping says of a place. */
  void know(RecordPath path, boolean tokenised, boolean person) {
    if (tokenised || (person && knownOnly)) {
      hidden.add(path.steps());
    } else {
      known.add(path.steps());
    }
  }

  /**
   * The dead letter.
   *
   * @param root what the record's value reads as; null when it does not
   */
  DeadLetter deadLetter(
      ConsumerRecord<byte[], byte[]> record, @Nullable Object root, BadCellException problem) {
    byte[] original = record.value() == null ? new byte[0] : record.value();
    byte[] shown = PanMask.mask(root == null ? unread(original) : json(root));
    if (shown.length > SHOWN_BYTES_MAX) {
      shown = Arrays.copyOf(shown, SHOWN_BYTES_MAX);
    }
    byte @Nullable [] key = record.key() == null ? null : key(record.key());
    return DeadLetter.newBuilder()
        .setSourceTopic(source + record.topic())
        .setSourcePartition(record.partition())
        .setSourceOffset(record.offset())
        .setAppendTime(Math.max(0, record.timestamp()))
        .setKey(key == null ? null : ByteBuffer.wrap(key))
        .setValue(ByteBuffer.wrap(shown))
        .setMasked(!Arrays.equals(original, shown) || !Arrays.equals(record.key(), key))
        .setStage(Stage.IMPORT)
        .setReason(problem.reason())
        .setMessage(BadRows.message(problem, knownOnly))
        .build();
  }

  private byte[] unread(byte[] original) {
    if (knownOnly) {
      return stars(original.length);
    }
    return body.unreadable(original, secrets);
  }

  private byte[] key(byte[] key) {
    List<String> place = List.of(TopicFields.KEY);
    boolean text = new String(key, StandardCharsets.UTF_8).indexOf('\uFFFD') < 0;
    return hidden.contains(place) || !text || (knownOnly && !known.contains(place))
        ? stars(key.length)
        : PanMask.mask(key);
  }

  private byte[] json(Object root) {
    try {
      return WRITER.writeValueAsBytes(shown(root, new ArrayList<>(), false));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps, lists and texts can always be written", e);
    }
  }

  private @Nullable Object shown(@Nullable Object node, List<String> at, boolean above) {
    boolean hide = above || hidden.contains(at);
    if (node instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> copy = new LinkedHashMap<>();
      map.forEach((name, value) -> copy.put(String.valueOf(name), child(name, value, at, hide)));
      return copy;
    }
    if (node instanceof List<?> list) {
      List<@Nullable Object> copy = new ArrayList<>();
      for (int i = 0; i < list.size(); i++) {
        copy.add(child(i, list.get(i), at, hide));
      }
      return copy;
    }
    if (node == null) {
      return null;
    }
    if (hide || (knownOnly && !known.contains(at)) || node instanceof byte[]) {
      return "*";
    }
    return node instanceof Number || node instanceof Boolean ? node : node.toString();
  }

  private @Nullable Object child(
      Object name, @Nullable Object value, List<String> at, boolean hide) {
    at.add(String.valueOf(name));
    @Nullable Object shown = shown(value, at, hide);
    at.remove(at.size() - 1);
    return shown;
  }

  private static byte[] stars(int length) {
    byte[] stars = new byte[length];
    Arrays.fill(stars, (byte) '*');
    return stars;
  }
}
