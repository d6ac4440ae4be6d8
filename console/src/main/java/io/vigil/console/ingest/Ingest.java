package io.vigil.console.ingest;

import io.vigil.console.cases.CaseStore;
import io.vigil.console.cases.Intake;
import io.vigil.console.store.Database;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** All that flows between the topics and the database. Thread-safe. */
public final class Ingest implements AutoCloseable {

  private static final int ALERTS_AT_ONCE = 200;
  private static final int RECORDS_AT_ONCE = 2_000;

  private final List<TopicIngest> topics = new ArrayList<>();
  private final OutboxPublisher outbox;

  /**
   * Starts everything.
   *
   * @param kafka how to reach the brokers: options of any client
   * @param kept how long decisions without an alert are kept, by event time
   */
  public Ingest(
      Database database, CaseStore store, Map<String, Object> kafka, Duration kept, Clock clock) {
    start(database, kafka, "cases", new AlertSink(new Intake(store)), ALERTS_AT_ONCE);
    start(database, kafka, "decisions", new DecisionSink(kept), RECORDS_AT_ONCE);
    start(database, kafka, "labels", new LabelSink(), RECORDS_AT_ONCE);
    start(database, kafka, "receipts", new ReceiptSink(clock), RECORDS_AT_ONCE);
    start(database, kafka, "control", new ControlSink(), RECORDS_AT_ONCE);
    start(database, kafka, "actions", new ActionSink(clock), RECORDS_AT_ONCE);
    outbox = OutboxPublisher.start(database, kafka);
  }

  private void start(
      Database database, Map<String, Object> kafka, String topic, TopicSink sink, int batch) {
    topics.add(TopicIngest.start(database, topic, sink, kafka, batch));
  }

  /** By topic the records that are not stored yet. */
  public Map<String, Long> lag() {
    Map<String, Long> lag = new TreeMap<>();
    topics.forEach(topic -> lag.put(topic.topic(), topic.lag()));
    return lag;
  }

  @Override
  public void close() {
    topics.forEach(TopicIngest::close);
    outbox.close();
  }
}
