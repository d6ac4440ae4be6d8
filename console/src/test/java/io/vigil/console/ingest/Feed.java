package io.vigil.console.ingest;

import io.vigil.console.cases.CaseRules;
import io.vigil.console.cases.CaseStore;
import io.vigil.console.cases.Intake;
import io.vigil.console.store.Database;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Decision;
import io.vigil.schema.Deployment;
import io.vigil.schema.Digest;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.DecodeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** Puts records into the database as the topics' threads do, without a broker. */
public final class Feed {

  private final Database database;
  private final AlertSink alerts;
  private final DecisionSink decisions = new DecisionSink(Duration.ofDays(90));

  public Feed(Database database, CaseRules rules) {
    this.database = database;
    this.alerts = new AlertSink(new Intake(new CaseStore(rules, Clock.systemUTC())));
  }

  /** An alert, and the decision that raised it. */
  public void alert(AlertRaised alert) {
    store(alerts, Codec.of(AlertRaised.class).encode(alert));
    decision(alert);
  }

  /** The decision of an alert, or of a payment that looks like it and raised none. */
  public void decision(AlertRaised alert) {
    Decision decision = new Decision();
    decision.setTransaction(alert.getTransaction());
    decision.setSourceTopic("transactions");
    decision.setSourcePartition(0);
    decision.setSourceOffset(0);
    decision.setAppendTime(alert.getEffectiveTime());
    decision.setEffectiveTime(alert.getEffectiveTime());
    decision.setLate(false);
    decision.setOutcome(alert.getOutcome());
    decision.setScore(alert.getScore());
    decision.setLogitBits(Float.floatToIntBits(1.25f));
    decision.setEngineClass("test");
    decision.setEngineVersion(1);
    decision.setFeatures(
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putFloat(1).putFloat(2.5f).flip());
    Digest digest = new Digest(new byte[32]);
    decision.setFeatureSpec(digest);
    decision.setModel(digest);
    decision.setRuleSet(digest);
    decision.setPolicy(digest);
    decision.setRates(digest);
    decision.setRuleHits(alert.getRuleHits());
    decision.setReasons(alert.getReasons());
    decision.setAlertId(alert.getAlertId());
    decision.setExpectedLossMinor(alert.getExpectedLossMinor());
    decision.setChallengerScores(List.of());
    decision.setWarming(List.of());
    decision.setLists(List.of());
    store(decisions, Codec.of(Decision.class).encode(decision));
  }

  /** A record of the control topic. */
  public void control(Deployment deployment) {
    store(new ControlSink(), Codec.of(Deployment.class).encode(deployment));
  }

  private void store(TopicSink sink, byte[] value) {
    database.transact(
        handle -> {
          try {
            sink.read(value).forEach(store -> store.into(handle));
          } catch (DecodeException e) {
            throw new IllegalStateException(e);
          }
          sink.end(handle);
        });
  }
}
