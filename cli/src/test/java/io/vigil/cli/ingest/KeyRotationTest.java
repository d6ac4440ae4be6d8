package io.vigil.cli.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.train.OfflineFeatures;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Rates;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are imported before, during and after a change of the key of card numbers. */
final class KeyRotationTest {
  private static final byte[] OLD = "the old key 0123".getBytes(UTF_8);
  private static final byte[] NEW = "the new key 0123".getBytes(UTF_8);

  private static final String MAPPING =
      """
      name: bank
      columns:
        event_time: {column: time, format: epoch_s}
        account: who
        card: {column: pan, tokenise: pan}
        ip: {column: address, tokenise: ip}
        amount: {column: amount}
        currency: {constant: EUR}
      label: {column: fraud, fraud_values: ["1"], delay: 2m}
      """;
  private static final String EVENTS =
      """
      name: logins
      record: event
      columns:
        event_time: {column: time, format: epoch_s}
        account: who
        card: {column: pan, tokenise: pan}
        kind: {constant: login}
      attributes: {b: who, a: pan_kind}
      """;
  private static final String PROFILES =
      """
      name: cards
      record: profile
      columns:
        event_time: {column: time, format: epoch_s}
        entity: {constant: card}
        entity_id: {column: pan, tokenise: pan}
      facts: {grade: grade}
      """;
  private static final String SPEC =
      """
      name: cards
      version: 1
      features:
        - {name: count, entity: card, aggregate: count, window: 1h}
        - {name: ips, entity: card, aggregate: distinct, of: ip, window: 1h}
        - {name: cards_of_ip, entity: ip, aggregate: distinct, of: card, window: 1h}
        - {name: pair, entity: [account, card], aggregate: sum, of: amount, window: 1h}
        - {name: frauds, entity: card, aggregate: rate, of: fraud_label, window: 1h}
        - {name: logins, entity: card, aggregate: count, event: login, window: 1h}
        - {name: grade, entity: card, fact: grade, default: -1}
      """;

  private final Path directory;

  KeyRotationTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void bothTokensGoOutSideBySideAndTheLabelHasThem() throws IOException {
    List<Ingested> stream = read("20,anna,4111111111111111,10.0.0.1,5,1\n", both(), null);

    Transaction transaction = transaction(stream);
    Label label = ((Ingested.LabelRow) stream.get(1)).label();
    Tokeniser old = new Tokeniser(OLD);
    Tokeniser next = new Tokeniser(NEW);
    assertThat(transaction.getCard()).isEqualTo(old.token(Source.Tokenise.PAN, "4111111111111111"));
    assertThat(transaction.getNextTokens())
        .isEqualTo(
            Map.of(
                "card", next.token(Source.Tokenise.PAN, "4111111111111111"),
                "ip", next.token(Source.Tokenise.IP, "10.0.0.1")));
    assertThat(label.getNextTokens()).isEqualTo(transaction.getNextTokens());
    assertThat(transaction.toString()).doesNotContain("4111");
  }

  @Test
  void aRowWithoutAnIdKeepsTheOneThatItHadBefore() throws IOException {
    String row = "20,anna,4111111111111111,10.0.0.1,5,1\n";
    Transaction before = transaction(read(row, new Tokeniser(OLD), null));
    Transaction during = transaction(read(row, both(), null));

    assertThat(during.getTransactionId()).isEqualTo(before.getTransactionId());
    during.setNextTokens(null);
    assertThat(during).isEqualTo(before);

    String others = "20,anna,4111111111111111,x\n";
    Event event = event(others, new Tokeniser(OLD));
    Event eventDuring = event(others, both());
    assertThat(eventDuring.getNextTokens()).containsOnlyKeys("card");
    eventDuring.setNextTokens(null);
    assertThat(eventDuring).isEqualTo(event);
    Profile profile = profile("20,4111111111111111,7\n", new Tokeniser(OLD));
    Profile profileDuring = profile("20,4111111111111111,7\n", both());
    assertThat(profileDuring.getNextTokens()).containsOnlyKeys("card");
    profileDuring.setNextTokens(null);
    assertThat(profileDuring).isEqualTo(profile);
  }

  /** The windows are an hour; both tokens are there for that long. */
  @Test
  void offlineVectorsAfterTheSwitchAreThoseOfAStreamUnderTheNewKey() throws IOException {
    OfflineFeatures changing = engine();
    OfflineFeatures renamed = engine();
    String[] parts = {rows(0, 3_600), rows(3_600, 7_400), rows(7_400, 12_000)};
    Tokeniser[] keys = {new Tokeniser(OLD), both(), new Tokeniser(NEW)};
    for (int part = 0; part < parts.length; part++) {
      long at = part == 0 ? 0 : part == 1 ? 3_600 : 7_400;
      String login = at + ",anna,4111111111111111,x\n";
      String grade = at + ",4111111111111111," + part + "\n";
      changing.event(event(login, keys[part]));
      renamed.event(event(login, new Tokeniser(NEW)));
      if (part < 2) {
        changing.profile(profile(grade, keys[part]));
        renamed.profile(profile(grade, new Tokeniser(NEW)));
      }
      List<float[]> got = vectors(changing, read(parts[part], keys[part], null));
      List<float[]> expected = vectors(renamed, read(parts[part], new Tokeniser(NEW), null));
      assertThat(got).hasSizeGreaterThan(30);
      for (int i = 0; i < got.size(); i++) {
        assertThat(got.get(i)).as("part %d, row %d", part, i).isEqualTo(expected.get(i));
      }
    }
  }

  @Test
  void withAVaultTheStreamIsTheSameUnderEitherKey() throws IOException {
    String row = "20,anna,4111111111111111,10.0.0.1,5,1\n";
    // A reader closes the vault that it was given.
    Transaction before = transaction(read(row, new Tokeniser(OLD), vault()));
    Transaction during = transaction(read(row, both(), vault()));
    Transaction after = transaction(read(row, new Tokeniser(NEW), vault()));

    assertThat(during).isEqualTo(before);
    assertThat(List.of(after.getCard(), after.getIp()))
        .containsExactly(before.getCard(), before.getIp());
  }

  private static Transaction transaction(List<Ingested> stream) {
    return ((Ingested.TransactionRow) stream.get(0)).transaction();
  }

  private static Tokeniser both() {
    return new Tokeniser(OLD, NEW);
  }

  private static OfflineFeatures engine() {
    return new OfflineFeatures(
        FeaturePlan.compile(FeatureSpec.read(SPEC, "spec")), new FactsReader(Rates.builtIn()));
  }

  /** Three cards at a few addresses, one payment a minute or so; some are fraud. */
  private static String rows(int from, int to) {
    StringBuilder rows = new StringBuilder();
    for (int s = from; s < to; s += 53) {
      rows.append(s)
          .append(s % 2 == 0 ? ",anna," : ",bert,")
          .append(List.of("4111111111111111", "5500000000000004", "340000000000009").get(s % 3))
          .append(",10.0.0.")
          .append(s % 5)
          .append(',')
          .append(s % 90)
          .append(s % 7 == 0 ? ",1\n" : ",0\n");
    }
    return rows.toString();
  }

  private static List<float[]> vectors(OfflineFeatures engine, List<Ingested> stream) {
    List<float[]> vectors = new ArrayList<>();
    for (Ingested each : stream) {
      if (each instanceof Ingested.TransactionRow row) {
        vectors.add(engine.transaction(row.transaction()));
      } else if (each instanceof Ingested.LabelRow row) {
        engine.label(row.label());
      }
    }
    return vectors;
  }

  private List<Ingested> read(String rows, Tokeniser tokeniser, @Nullable Vault vault)
      throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("payments.csv"), "time,who,pan,address,amount,fraud\n" + rows);
    List<Ingested> all = new ArrayList<>();
    try (RecordReader reader =
        RecordReader.open(
            file,
            Mapping.parse("bank.yaml", MAPPING),
            () -> tokeniser,
            directory.resolve("temporary"),
            vault)) {
      reader.forEachRemaining(all::add);
    }
    return all;
  }

  private Event event(String row, Tokeniser tokeniser) throws IOException {
    return ((Ingested.EventRow)
            other(EVENTS, OtherMapping.Kind.EVENT, "time,who,pan,pan_kind\n" + row, tokeniser))
        .event();
  }

  private Profile profile(String row, Tokeniser tokeniser) throws IOException {
    return ((Ingested.ProfileRow)
            other(PROFILES, OtherMapping.Kind.PROFILE, "time,pan,grade\n" + row, tokeniser))
        .profile();
  }

  private Ingested other(String mapping, OtherMapping.Kind kind, String csv, Tokeniser tokeniser)
      throws IOException {
    Path file = Files.writeString(directory.resolve("others.csv"), csv);
    try (OtherReader reader =
        OtherReader.open(
            file,
            OtherMapping.parse("m.yaml", mapping, kind),
            () -> tokeniser,
            directory.resolve("temporary"),
            null)) {
      return reader.next();
    }
  }

  private Vault vault() {
    return Vault.open(
        directory.resolve("vault"),
        new LocalKeyService(new byte[32]),
        Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
  }
}
