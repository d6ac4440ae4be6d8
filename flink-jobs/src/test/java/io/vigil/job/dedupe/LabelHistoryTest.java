package io.vigil.job.dedupe;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.codec.Codec;
import org.junit.jupiter.api.Test;

class LabelHistoryTest {
  private final Codec<Label> codec = Codec.of(Label.class);

  @Test
  void aWithdrawalThatNamesOtherEntitiesTakesBackWhatWasTold() throws Exception {
    Label chargeback = label("c1", LabelValue.FRAUD, 1_000, "t9");
    LabelHistory held = with(LabelHistory.unpack(null), chargeback, 5_000);
    Label withdrawal = label("c2", LabelValue.WITHDRAWN, 2_000, null);

    LabelHistory.Told told = LabelHistory.unpack(held.pack()).fraud();
    assertThat(codec.decode(told.label())).isEqualTo(chargeback);
    assertThat(told.sinceMs()).isEqualTo(5_000);
    assertThat(with(LabelHistory.unpack(held.pack()), withdrawal, 9_000).fraud()).isNull();
  }

  @Test
  void aSecondWordOfTheSameFraudTellsNothingNew() throws Exception {
    LabelHistory once = with(LabelHistory.unpack(null), label("a", LabelValue.FRAUD, 1, "t1"), 10);
    LabelHistory twice = with(once, label("b", LabelValue.FRAUD, 2, "t2"), 20);

    assertThat(twice.fraud()).isSameAs(once.fraud());
  }

  @Test
  void anEarlierLabelThatComesLaterChangesNothing() throws Exception {
    LabelHistory genuine =
        with(LabelHistory.unpack(null), label("z", LabelValue.GENUINE, 7, "t1"), 10);

    assertThat(with(genuine, label("a", LabelValue.FRAUD, 3, "t1"), 20).fraud()).isNull();
  }

  private LabelHistory with(LabelHistory before, Label label, long effectiveMs) {
    return before.with(label, codec.encode(label), effectiveMs);
  }

  private static Label label(String id, LabelValue value, long labelMs, String terminal) {
    return Label.newBuilder()
        .setLabelId(id)
        .setTransactionId("x")
        .setTransactionTime(500)
        .setAccount("a")
        .setTerminal(terminal)
        .setValue(value)
        .setSource(LabelSource.CHARGEBACK)
        .setLabelTime(labelMs)
        .build();
  }
}
