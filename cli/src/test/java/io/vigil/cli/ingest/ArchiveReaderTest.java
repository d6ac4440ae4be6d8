package io.vigil.cli.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.Topics;
import io.vigil.schema.Channel;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LabelSource;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Tick;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveReaderTest {
  private static final long NOON_MS = 1_767_268_800_000L; // 2026-01-01T12:00Z
  private static final long DAY_MS = 86_400_000L;

  @TempDir private Path folder = Path.of("");
  private final ArchiveFolder archive = new ArchiveFolder();

  private static Transaction transaction(String id, long timeMs) {
    return Transaction.newBuilder()
        .setTransactionId(id)
        .setEventTime(timeMs)
        .setAccount("a")
        .setAmountMinor(1_000)
        .setCurrency("EUR")
        .setBillingAmountMinor(1_000)
        .setBillingCurrency("EUR")
        .setChannel(Channel.values()[0])
        .setAttributes(Map.of())
        .build();
  }

  private static Label label(String id, String of, LabelValue value, long timeMs) {
    return Labels.about(transaction(of, NOON_MS), id, value, LabelSource.ANALYST, timeMs);
  }

  private List<String> read() throws IOException {
    archive.write(folder.resolve("archive"));
    List<String> lines = new ArrayList<>();
    try (ArchiveReader reader = open()) {
      while (reader.hasNext()) {
        Ingested next = reader.next();
        if (next instanceof Ingested.TransactionRow row) {
          lines.add(row.transaction().getTransactionId() + (row.fraud() ? " fraud" : ""));
        } else if (next instanceof Ingested.Told told) {
          lines.add(
              told.label().getLabelId() + " " + told.change() + " " + (told.sinceMs() - NOON_MS));
        } else if (next instanceof Ingested.EventRow row) {
          lines.add("event " + row.event().getEventId());
        } else if (next instanceof Ingested.ProfileRow row) {
          lines.add("profile " + row.profile().getProfileId());
        } else if (next instanceof Ingested.BadRow bad) {
          lines.add("bad " + bad.deadLetter().getReason());
        }
      }
    }
    return lines;
  }

  private ArchiveReader open() throws IOException {
    return ArchiveReader.open(
        folder.resolve("archive"), folder.resolve("tmp"), 300_000, 7 * DAY_MS);
  }

  @Test
  void recordsComeInEffectiveOrderAcrossDaysAndParts() throws IOException {
    archive.add(transaction("10", NOON_MS), NOON_MS);
    archive.add(transaction("9", NOON_MS), NOON_MS);
    archive.add(transaction("tomorrow", NOON_MS + DAY_MS), NOON_MS + DAY_MS);
    // Late: it happened first and took effect between the others.
    archive.add(transaction("late", NOON_MS - 5_000), NOON_MS + 1);
    archive.add(transaction("next", NOON_MS + 2), NOON_MS + 2);
    archive.add(label("l", "9", LabelValue.FRAUD, NOON_MS - 1), NOON_MS + 1);
    archive.add(
        Topics.TRANSACTIONS, Codec.of(Tick.class).encode(new Tick(NOON_MS, "ticker")), NOON_MS);
    archive.add(Topics.CONTROL, new byte[] {1}, NOON_MS);

    assertThat(read()).containsExactly("9 fraud", "10", "l 1 1", "late", "next", "tomorrow");
  }

  @Test
  void correctionsTakeBackWhatWasTold() throws IOException {
    archive.add(transaction("t", NOON_MS), NOON_MS);
    archive.add(label("first", "t", LabelValue.FRAUD, NOON_MS + 10), NOON_MS + 10);
    archive.add(label("again", "t", LabelValue.FRAUD, NOON_MS + 20), NOON_MS + 20);
    archive.add(label("again", "t", LabelValue.FRAUD, NOON_MS + 20), NOON_MS + 25);
    archive.add(label("back", "t", LabelValue.WITHDRAWN, NOON_MS + DAY_MS), NOON_MS + DAY_MS);
    // Older than the correction: counts for nothing.
    archive.add(label("old", "t", LabelValue.FRAUD, NOON_MS + 15), NOON_MS + DAY_MS + 5);

    assertThat(read()).containsExactly("t", "first 1 10", "first -1 10");
  }

  @Test
  void whatTheJobRefusedIsABadRow() throws IOException {
    archive.add(transaction("", NOON_MS), NOON_MS);
    archive.add(Topics.TRANSACTIONS, new byte[] {1, 2, 3}, NOON_MS);
    archive.add(transaction("old", NOON_MS - 8 * DAY_MS), NOON_MS);
    archive.add(transaction("t", NOON_MS), NOON_MS);

    assertThat(read())
        .containsExactlyInAnyOrder(
            "bad missing_transaction_id", "bad not_avro", "bad too_late", "t");
  }

  @Test
  void eventsAndProfilesComeBeforeTransactionsOfTheirTime() throws IOException {
    Event event =
        Event.newBuilder()
            .setEventId("z")
            .setEventTime(NOON_MS)
            .setAccount("a")
            .setKind("login")
            .build();
    Profile profile =
        Profile.newBuilder()
            .setProfileId("y")
            .setEventTime(NOON_MS - 900 * DAY_MS)
            .setEntity("account")
            .setEntityId("a")
            .setFacts(Map.of())
            .build();
    Event old = Event.newBuilder(event).setEventTime(NOON_MS - 8 * DAY_MS).build();
    archive.add(transaction("1", NOON_MS), NOON_MS);
    archive.add(Topics.PROFILES, Codec.of(Profile.class).encode(profile), NOON_MS);
    archive.add(Topics.EVENTS, Codec.of(Event.class).encode(event), NOON_MS);
    archive.add(Topics.EVENTS, Codec.of(Event.class).encode(old), NOON_MS + 1);

    assertThat(read())
        .containsExactlyInAnyOrder("event z", "profile y", "1", "bad too_late")
        .containsSubsequence("event z", "profile y", "1");
    try (ArchiveReader reader = open()) {
      assertThat(reader.rows()).as("transactions").isEqualTo(1);
    }
  }

  @Test
  void theSameFilesHaveTheSameDigest() throws IOException {
    archive.add(transaction("t", NOON_MS), NOON_MS);
    archive.write(folder.resolve("archive"));
    String digest;
    try (ArchiveReader reader = open()) {
      digest = reader.digest();
      assertThat(reader.rows()).isEqualTo(1);
    }
    try (ArchiveReader reader = open()) {
      assertThat(reader.digest()).isEqualTo(digest);
    }
    archive.add(transaction("u", NOON_MS), NOON_MS);
    archive.write(folder.resolve("archive"));
    try (ArchiveReader reader = open()) {
      assertThat(reader.digest()).isNotEqualTo(digest);
    }
  }

  @Test
  void saysWhatIsNoArchive() throws IOException {
    Path part = folder.resolve("archive/inputs/day=2026-01-01/inputs-0-0.avro");
    assertThatThrownBy(this::open)
        .isInstanceOf(IngestException.class)
        .hasMessageStartingWith("archive: expected a folder with inputs/day=");
    Files.createDirectories(part.getParent());
    Files.writeString(part, "nothing");
    assertThatThrownBy(this::open)
        .isInstanceOf(IngestException.class)
        .hasMessageContaining("inputs-0-0.avro: cannot be read to its end");
  }
}
