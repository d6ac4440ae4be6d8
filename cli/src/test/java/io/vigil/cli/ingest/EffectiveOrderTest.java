package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.schema.DeadLetter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EffectiveOrderTest {
  private static final String MAPPING =
      """
      name: test
      columns:
        transaction_id: id
        event_time: time
        account: account
        amount: amount
        currency: {constant: EUR}
      label:
        column: fraud
        fraud_values: ["1"]
        time: reported
        source: chargeback
      """;

  @TempDir Path folder = Path.of("");

  @Test
  void equalTimesAreInTheOrderOfTheJob() throws IOException {
    assertThat(
            order(
                "10,2026-01-01T00:00:05Z,a,1,1,2026-01-01T00:00:09Z",
                "9,2026-01-01T00:00:05Z,a,1,1,2026-01-01T00:00:09Z",
                "b,2026-01-01T00:00:09Z,a,1,0,",
                "a,2026-01-01T00:00:09Z,a,1,0,"))
        .containsExactly("9", "10", "9-label", "10-label", "a", "b");
  }

  @Test
  void aLabelOfTheSameInstantComesAfterItsTransaction() throws IOException {
    assertThat(
            order(
                "2,2026-01-01T00:00:05Z,a,1,0,",
                "1,2026-01-01T00:00:05Z,a,1,1,2026-01-01T00:00:05Z",
                "3,2026-01-01T00:00:06Z,a,1,0,"))
        .containsExactly("1", "2", "1-label", "3");
  }

  @Test
  void aLabelThatIsOlderThanItsTransactionTakesEffectAfterIt() throws IOException {
    assertThat(
            order(
                "1,2026-01-01T00:00:05Z,a,1,1,2026-01-01T00:00:01Z",
                "2,2026-01-01T00:00:06Z,a,1,0,"))
        .containsExactly("1", "1-label", "2");
  }

  @Test
  void badRowsAreHandedAside() throws IOException {
    assertThat(order("1,yesterday,a,1,0,", "2,2026-01-01T00:00:06Z,a,1,0,", "3"))
        .containsExactly("2", "bad_time", "wrong_cell_count");
  }

  /** Ids in order, then the reasons of bad rows. */
  private List<String> order(String... rows) throws IOException {
    Path file = folder.resolve("rows.csv");
    Files.writeString(file, "id,time,account,amount,fraud,reported\n" + String.join("\n", rows));
    List<DeadLetter> bad = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    try (RecordReader reader =
        RecordReader.open(
            file,
            Mapping.parse("test.yaml", MAPPING),
            () -> {
              throw new AssertionError("nothing to tokenise");
            },
            folder)) {
      EffectiveOrder ordered = new EffectiveOrder(reader, bad::add);
      while (ordered.hasNext()) {
        Ingested next = ordered.next();
        ids.add(
            next instanceof Ingested.LabelRow label
                ? label.label().getLabelId()
                : ((Ingested.TransactionRow) next).transaction().getTransactionId());
      }
    }
    bad.forEach(letter -> ids.add(letter.getReason()));
    return ids;
  }
}
