package io.vigil.job.archive;

import io.vigil.job.Topics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;

/**
 * Deletes days of the archive that are over by a {@link RetentionPolicy}, whole or not at all, each
 * after it stands in the {@link ArchiveJournal}. Of inputs the records of {@code control} stay:
 * they say what was in force. Hold an {@link ArchiveLock} meanwhile. Not thread-safe.
 */
public final class Expiry {
  private static final String LOG_ENTRY = "io.vigil.schema.LogEntry";
  private static final String DEAD_LETTERS = "dead-letters";

  private final ArchiveFolder archive;
  private final Rewrite rewrite;
  private final ArchiveJournal journal;

  /**
   * What is to happen.
   *
   * @param over days that go, kind by kind, oldest first
   * @param held days that would go, but are held
   * @param unreplayable days of kept decisions that can be replayed now, and not afterwards
   */
  public record Plan(List<ArchiveDay> over, List<Held> held, NavigableSet<LocalDate> unreplayable) {
    public Plan {
      over = List.copyOf(over);
      held = List.copyOf(held);
    }
  }

  /** A day that must stay, and why. */
  public record Held(String kind, LocalDate day, String reason) {}

  /**
   * @param temporary a local directory for what is sorted
   */
  public Expiry(ArchiveFolder archive, Path temporary) throws IOException {
    this.archive = archive;
    this.rewrite =
        new Rewrite(archive.files(), temporary, Compaction.FILE_BYTES, Compaction.BLOCK_BYTES);
    this.journal = new ArchiveJournal(archive);
  }

  /** Tells what a policy deletes on a day, and changes nothing. */
  public Plan plan(RetentionPolicy policy, LocalDate today) throws IOException {
    List<ArchiveDay> over = new ArrayList<>();
    List<Held> held = new ArrayList<>();
    for (String kind : archive.kinds()) {
      if (!policy.keep().containsKey(kind)) {
        continue;
      }
      for (ArchiveDay day : archive.days(kind, LocalDate.MIN, today).values()) {
        if (!policy.isOver(kind, day.date(), today) || isDone(day)) {
          continue;
        }
        String reason = policy.heldFor(kind, day.date());
        if (reason == null) {
          over.add(day);
        } else {
          held.add(new Held(kind, day.date(), reason));
        }
      }
    }
    return new Plan(over, held, unreplayable(over));
  }

  /** An empty folder is what a crash may leave of a day. */
  private static boolean isDone(ArchiveDay day) {
    Manifest manifest = day.manifest();
    if (day.parts().isEmpty() && manifest == null && !day.unfinished().isEmpty()) {
      return true; // Nothing in it ever counted.
    }
    return day.expired()
        && day.leftovers().isEmpty()
        && (manifest == null || manifest.replaced().isEmpty());
  }

  /**
   * Deletes what the plan says.
   *
   * @param who does so, for the journal
   * @param now the wall clock's time
   * @param policy what the plan was made by, for the journal
   * @throws IOException when something cannot be read or deleted; each day is still there or gone,
   *     and what was begun is ended by the next call
   */
  public void run(Plan plan, String who, Instant now, RetentionPolicy policy) throws IOException {
    if (plan.over().stream().anyMatch(day -> !day.parts().isEmpty())) {
      journal.write(who, now, policy.toString(), plan.over());
    }
    for (ArchiveDay day : plan.over()) {
      if (!day.expired() && !day.parts().isEmpty()) {
        rewrite.rewrite(day, filter(day.kind()), now.toString());
      }
      rewrite.finish(ArchiveDay.list(archive.files(), day.kind(), day.date(), day.folder()));
    }
  }

  private static Rewrite.Filter filter(String kind) {
    return kind.equals(ArchiveLog.KIND) ? Expiry::isControl : Rewrite.Filter.NONE;
  }

  private static boolean isControl(Schema schema, byte[] bytes, int from, int length)
      throws IOException {
    if (!LOG_ENTRY.equals(schema.getFullName())) {
      throw new IOException("expected records of " + LOG_ENTRY + ", got " + schema.getFullName());
    }
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, from, length, null);
    Utf8 topic = decoder.readString(null);
    return Topics.CONTROL.equals(
        new String(topic.getBytes(), 0, topic.getByteLength(), StandardCharsets.UTF_8));
  }

  /**
   * A day can be replayed when nothing is missing since the last snapshot before it, or since the
   * archive began: inputs, and dead letters, which say what of them was refused.
   */
  private NavigableSet<LocalDate> unreplayable(List<ArchiveDay> over) throws IOException {
    NavigableSet<LocalDate> missing = journal.deleted(ArchiveLog.KIND);
    missing.addAll(journal.deleted(DEAD_LETTERS));
    NavigableSet<LocalDate> missingThen = new TreeSet<>(missing);
    NavigableMap<LocalDate, ArchiveDay> decisions =
        archive.days(DecisionIndex.KIND, LocalDate.MIN, LocalDate.MAX);
    NavigableSet<LocalDate> snapshots = new Snapshots(archive).days();
    NavigableSet<LocalDate> snapshotsThen = new TreeSet<>(snapshots);
    NavigableSet<LocalDate> kept = new TreeSet<>(decisions.keySet());
    for (ArchiveDay day : over) {
      switch (day.kind()) {
        case ArchiveLog.KIND, DEAD_LETTERS -> missingThen.add(day.date());
        case DecisionIndex.KIND -> kept.remove(day.date());
        case Snapshots.KIND -> snapshotsThen.remove(day.date());
        default -> {}
      }
    }
    NavigableSet<LocalDate> lost = new TreeSet<>();
    for (LocalDate day : kept) {
      if (replayable(day, missing, snapshots) && !replayable(day, missingThen, snapshotsThen)) {
        lost.add(day);
      }
    }
    return lost;
  }

  private boolean replayable(
      LocalDate day, NavigableSet<LocalDate> missing, NavigableSet<LocalDate> snapshots)
      throws IOException {
    LocalDate gap = missing.floor(day);
    if (gap == null) {
      return true;
    }
    LocalDate snapshot = new Snapshots(archive).before(day, day, snapshots);
    return snapshot != null && !snapshot.isBefore(gap);
  }
}
