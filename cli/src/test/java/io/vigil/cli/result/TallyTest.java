package io.vigil.cli.result;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Decision;
import io.vigil.schema.Receipt;
import io.vigil.schema.ReceiptOutcome;
import io.vigil.schema.RecordKind;
import io.vigil.schema.Stage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TallyTest {

  @Test
  void digestIsTheDefinitionWhateverTheOrderOfArrival() throws IOException {
    List<Decision> decisions = decisions(3_000);
    String expected = HexFormat.of().formatHex(DecisionsForTest.naiveDigest(decisions));

    for (int shuffle = 0; shuffle < 3; shuffle++) {
      Collections.shuffle(decisions, new Random(shuffle));
      Tally tally = new Tally();
      for (Decision decision : decisions) {
        tally.decision(DecisionsForTest.encode(decision), decision.getAppendTime());
      }
      assertThat(tally.decisionsDigest()).isEqualTo(expected);
    }
  }

  @Test
  void digestOfNothingIsThatOfNoBytes() {
    assertThat(new Tally().decisionsDigest())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void countsWhatTheDecisionsSay() throws IOException {
    List<Decision> decisions = decisions(500);
    Tally tally = new Tally();
    for (Decision decision : decisions) {
      assertThat(tally.decision(DecisionsForTest.encode(decision), decision.getAppendTime() + 40))
          .isTrue();
    }
    Counts counts = tally.counts();
    assertThat(counts.decisions()).isEqualTo(500);
    assertThat(counts.late()).isEqualTo(decisions.stream().filter(Decision::getLate).count());
    assertThat(counts.fallbacks())
        .isEqualTo(decisions.stream().filter(d -> d.getFallbackCause() != null).count());
    assertThat(tally.latency()).isEqualTo(new Latency(500, 40, 40, 40, 40));
  }

  @Test
  void latencyLeavesOutWhatCameBefore() throws IOException {
    Decision decision = scored("1");
    Tally tally = new Tally();
    tally.latencyFrom(decision.getAppendTime() + 1);
    tally.decision(DecisionsForTest.encode(decision), decision.getAppendTime() + 40);
    assertThat(tally.latency().count()).isZero();
  }

  @Test
  void firstRecordOfAnIdIsTheDecision() throws IOException {
    Decision first = scored("17");
    Tally tally = new Tally();
    assertThat(tally.decision(DecisionsForTest.encode(first), 0)).isTrue();
    String digest = tally.decisionsDigest();

    assertThat(tally.decision(DecisionsForTest.encode(first), 5)).isFalse();
    assertThat(tally.counts())
        .extracting(Counts::repeats, Counts::conflicts)
        .containsExactly(1L, 0L);

    Decision other =
        Decision.newBuilder(first).setSourceOffset(first.getSourceOffset() + 1).build();
    assertThat(tally.decision(DecisionsForTest.encode(other), 5)).isFalse();
    assertThat(tally.counts())
        .extracting(Counts::repeats, Counts::conflicts)
        .containsExactly(1L, 1L);

    Decision fallback = Decision.newBuilder(first).setFallbackCause("deadline").build();
    assertThat(tally.decision(DecisionsForTest.encode(fallback), 5)).isFalse();
    assertThat(tally.counts())
        .extracting(Counts::repeats, Counts::conflicts)
        .containsExactly(2L, 1L);

    assertThat(tally.counts().decisions()).isEqualTo(1);
    assertThat(tally.counts().fallbacks()).isZero();
    assertThat(tally.decisionsDigest()).isEqualTo(digest);
  }

  @Test
  void countsDeadLettersAndDuplicatesOnceByOrigin() {
    Tally tally = new Tally();
    assertThat(tally.deadLetter(letter("transactions", 3, "conflict"))).isTrue();
    assertThat(tally.deadLetter(letter("transactions", 3, "conflict"))).isFalse();
    assertThat(tally.deadLetter(letter("labels", 3, "unknown_schema"))).isTrue();
    Receipt duplicate =
        new Receipt(
            "17",
            RecordKind.TRANSACTION,
            "transactions",
            1,
            9L,
            0L,
            ReceiptOutcome.DUPLICATE,
            "transactions-1@4",
            null);
    tally.receipt(duplicate);
    tally.receipt(duplicate);
    tally.receipt(Receipt.newBuilder(duplicate).setKind(RecordKind.LABEL).build());

    assertThat(tally.counts())
        .isEqualTo(
            new Counts(0, 1, 2, Map.of("conflict", 1L, "unknown_schema", 1L), 1, 0, 0, 0, 0, 0, 0));
    assertThat(tally.counts().settledTransactions()).isEqualTo(2);
  }

  @Test
  void refusesWhatIsNoDecision() {
    Tally tally = new Tally();
    assertThatThrownBy(() -> tally.decision(new byte[20], 0))
        .hasMessageContaining("expected Avro single-object encoding");
    byte[] cut = Arrays.copyOf(DecisionsForTest.encode(scored("1")), 90);
    assertThatThrownBy(() -> tally.decision(cut, 0)).isInstanceOf(IOException.class);
  }

  private static DeadLetter letter(String topic, long offset, String reason) {
    return new DeadLetter(
        topic, 0, offset, 0L, null, ByteBuffer.allocate(0), false, Stage.DECODE, reason, "");
  }

  private static Decision scored(String id) {
    Decision decision = DecisionsForTest.random(id, new Random(1));
    decision.setFallbackCause(null);
    return decision;
  }

  private static List<Decision> decisions(int count) {
    Random random = new Random(42);
    List<Decision> decisions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = i % 3 == 0 ? Integer.toString(i) : i % 3 == 1 ? "\u00fc" + i : "tx-" + i;
      decisions.add(DecisionsForTest.random(id, random));
    }
    return decisions;
  }
}
