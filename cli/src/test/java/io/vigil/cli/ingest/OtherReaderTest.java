package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.schema.DeadLetter;
import io.vigil.schema.Event;
import io.vigil.schema.FactValue;
import io.vigil.schema.Profile;
import io.vigil.schema.vault.LocalKeyService;
import io.vigil.schema.vault.Vault;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of events and profiles, by the mappings that stand among the examples. */
class OtherReaderTest {
  private static final OtherMapping EVENTS =
      OtherMapping.load("../examples/account-events.yaml", OtherMapping.Kind.EVENT);
  private static final OtherMapping PROFILES =
      OtherMapping.load("../examples/account-profiles.yaml", OtherMapping.Kind.PROFILE);
  private static final String EVENT_HEADER = "id,when,customer,action,phone,payee,outcome\n";

  @TempDir Path folder = Path.of("");

  @Test
  void eventsComeInOrderOfTimeWithWhatTheMappingSays() throws IOException {
    List<Ingested> read =
        read(
            EVENTS,
            EVENT_HEADER
                + "e-2,2026-03-01T10:00:00.002Z,a-1,login,d-1,,failed\n"
                + "e-1,2026-03-01T10:00:00.001Z,a-1,payee_changed,,b-9,\n",
            null);

    Event first =
        Event.newBuilder()
            .setEventId("e-1")
            .setEventTime(Instant.parse("2026-03-01T10:00:00.001Z").toEpochMilli())
            .setAccount("a-1")
            .setKind("payee_changed")
            .setCounterparty("b-9")
            .build();
    Event second =
        Event.newBuilder()
            .setEventId("e-2")
            .setEventTime(Instant.parse("2026-03-01T10:00:00.002Z").toEpochMilli())
            .setAccount("a-1")
            .setKind("login")
            .setDevice("d-1")
            .setAttributes(Map.of("result", "failed"))
            .build();
    assertThat(read).containsExactly(new Ingested.EventRow(first), new Ingested.EventRow(second));
  }

  @Test
  void profilesWithoutIdsHaveThoseOfTheirContentAndEmptyCellsTakeFactsAway() throws IOException {
    String rows = "valid_from,customer,limit,segment\n2026-03-01 00:00:00,a-1,5000,\n";

    List<Ingested> once = read(PROFILES, rows, null);
    Profile profile = ((Ingested.ProfileRow) once.get(0)).profile();

    assertThat(profile.getProfileId()).matches("[0-9a-f]{32}");
    assertThat(Instant.ofEpochMilli(profile.getEventTime())).hasToString("2026-02-28T23:00:00Z");
    assertThat(profile.getEntity()).isEqualTo("account");
    assertThat(profile.getEntityId()).isEqualTo("a-1");
    assertThat(profile.getFacts())
        .isEqualTo(
            Map.of(
                "credit_limit", new FactValue(null, "5000"), "segment", new FactValue(null, null)));
    assertThat(read(PROFILES, rows, null)).isEqualTo(once);
  }

  /** Else a file that was read before would be read as other events. */
  @Test
  void idsMadeOfContentAreThoseOfEarlierVersionsWhileNothingIsNew() throws IOException {
    String mapping =
        "record: event\ncolumns: {event_time: {column: t, format: epoch_s}, account: a,"
            + " kind: {constant: login}, device: d, customer: c}";
    OtherMapping events = OtherMapping.parse("m.yaml", mapping, OtherMapping.Kind.EVENT);

    Event of = ((Ingested.EventRow) read(events, "t,a,d,c\n10,a-1,d-1,\n", null).get(0)).event();
    Event more =
        ((Ingested.EventRow) read(events, "t,a,d,c\n10,a-1,d-1,k-1\n", null).get(0)).event();

    assertThat(of.getEventId()).isEqualTo("e3540531033d571c6eb76425d26af79f");
    assertThat(more.getEventId()).isNotEqualTo(of.getEventId());
    assertThat(more.getCustomer()).isEqualTo("k-1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "e-1,yesterday,a-1,login,,, | bad_time",
        "e-1,2026-03-01T10:00:00Z,,login,,, | missing_value",
        "e-1,2026-03-01T10:00:00Z,a-1,Log in,,, | not_a_name",
        "e-1,2026-03-01T10:00:00Z,a-1,login | wrong_cell_count",
        "e-1,2026-03-01T10:00:00Z,4111111111111111,login,,, | card_number_in_clear",
      })
  void aRowThatIsNoEventIsABadRowOfTheTopic(String row, String reason) throws IOException {
    List<Ingested> read = read(EVENTS, EVENT_HEADER + row + "\n", null);

    DeadLetter letter = ((Ingested.BadRow) read.get(0)).deadLetter();
    assertThat(letter.getReason()).isEqualTo(reason);
    assertThat(letter.getSourceTopic()).isEqualTo("events/data.csv");
    assertThat(StandardCharsets.UTF_8.decode(letter.getValue()).toString())
        .doesNotContain("4111111111111111");
  }

  /** Else they would not meet the transactions of the same people. */
  @Test
  void withAVaultPeopleHaveThePseudonymsThatTransactionsGet() throws IOException {
    Path directory = folder.resolve("vault");
    try (Vault vault =
        Vault.open(
            directory,
            LocalKeyService.load(Map.of(), directory, notice -> {}),
            Clock.fixed(Instant.EPOCH, ZoneOffset.UTC))) {
      String anna = vault.pseudonym("anna");
      Event event =
          ((Ingested.EventRow)
                  read(
                          EVENTS,
                          EVENT_HEADER + "e-1,2026-03-01T10:00:00Z,anna,login,phone,bert,\n",
                          vault)
                      .get(0))
              .event();
      Profile profile =
          ((Ingested.ProfileRow)
                  read(
                          PROFILES,
                          "valid_from,customer,limit,segment\n2026-03-01 00:00:00,anna,1,\n",
                          vault)
                      .get(0))
              .profile();

      assertThat(event.getAccount()).isEqualTo(anna).isEqualTo(profile.getEntityId());
      assertThat(event.getCounterparty()).isEqualTo(vault.pseudonym("bert"));
      assertThat(event.getDevice()).isNotEqualTo("phone").isNotNull();

      OtherMapping customers =
          OtherMapping.parse(
              "m.yaml",
              "record: profile\ncolumns: {event_time: t, entity: {constant: customer},"
                  + " entity_id: c}\nfacts: {segment: s}",
              OtherMapping.Kind.PROFILE);
      Profile ofCustomer =
          ((Ingested.ProfileRow)
                  read(customers, "t,c,s\n2026-03-01T00:00:00Z,anna,gold\n", vault).get(0))
              .profile();
      assertThat(ofCustomer.getEntityId()).isEqualTo(vault.customer("anna")).isNotEqualTo(anna);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "record: profile | m.yaml:1: record: expected event here, got 'profile'",
        "columns: {} | m.yaml:1: record: expected event here, got 'transaction'",
        "record: event\\ncolumns: {event_time: t, account: a} | m.yaml:2: kind: missing in columns",
        "record: event\\ncolumns: {amount: x} | m.yaml:2: amount: unknown key",
        "record: event\\nfacts: {} | m.yaml:2: facts: unknown key",
      })
  void aWrongMappingIsRefusedWithItsLine(String yaml, String message) {
    assertThatThrownBy(
            () -> OtherMapping.parse("m.yaml", yaml.replace("\\n", "\n"), OtherMapping.Kind.EVENT))
        .isInstanceOf(IngestException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void aMappingOfEventsIsNoneOfTransactions() throws IOException {
    String yaml = Files.readString(Path.of("../examples/account-events.yaml"));

    assertThatThrownBy(() -> Mapping.parse("m.yaml", yaml))
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("record: expected transaction here")
        .hasMessageEndingWith("got 'event'");
  }

  private List<Ingested> read(OtherMapping mapping, String csv, @Nullable Vault vault)
      throws IOException {
    Path file = Files.writeString(folder.resolve("data.csv"), csv);
    List<Ingested> read = new ArrayList<>();
    try (OtherReader reader =
        OtherReader.open(
            file,
            mapping,
            () -> {
              throw new AssertionError("nothing is tokenised here");
            },
            folder,
            vault)) {
      reader.forEachRemaining(read::add);
      assertThat(reader.rows()).isEqualTo(read.size());
    }
    return read;
  }
}
