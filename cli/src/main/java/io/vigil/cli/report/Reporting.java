package io.vigil.cli.report;

import io.vigil.job.Topics;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.archive.DecisionIndex;
import io.vigil.job.record.Kind;
import io.vigil.model.drift.ModelReport;
import io.vigil.model.drift.Monitor;
import io.vigil.model.drift.Observation;
import io.vigil.model.drift.Settings;
import io.vigil.model.drift.Span;
import io.vigil.model.plan.GroupKey;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.LongConsumer;

/** Makes a report from an archive: reads labels, then the reference, then all that counts. */
public final class Reporting {
  private final ArchiveFolder archive;
  private final Path temporary;
  private final KnownModels models;

  /**
   * @param temporary a folder of the caller's
   */
  public Reporting(ArchiveFolder archive, Path temporary) {
    this.archive = archive;
    this.temporary = temporary;
    this.models = new KnownModels(archive);
  }

  /**
   * A spec by which features are named.
   *
   * @param yaml its text
   */
  public void spec(String yaml) {
    models.spec(yaml);
  }

  /**
   * The last day on which something was decided or a label took effect. Control alone says nothing:
   * a history that was imported is deployed to by today's clock.
   *
   * @throws IOException when nothing was decided
   */
  public LocalDate lastDay() throws IOException {
    NavigableSet<LocalDate> decided = decided();
    if (decided.isEmpty()) {
      throw new IOException(
          "archive: expected decisions, got none below " + archive.resolve(DecisionIndex.KIND));
    }
    ArchiveLog log = new ArchiveLog(archive, temporary);
    LocalDate last = decided.last();
    for (LocalDate day : log.days().tailSet(last, false)) {
      boolean[] labelled = {false};
      log.scan(day, Topics.LABELS::equals, record -> labelled[0] |= record.kind() == Kind.LABEL);
      last = labelled[0] ? day : last;
    }
    return last;
  }

  private NavigableSet<LocalDate> decided() throws IOException {
    return new TreeSet<>(archive.files(DecisionIndex.KIND, LocalDate.MIN, LocalDate.MAX).keySet());
  }

  /**
   * Reads.
   *
   * @param keys as the settings name them
   * @param progress gets the decisions so far
   * @throws IOException when a file cannot be read, or the period has no decision
   */
  public ModelReport report(Settings settings, List<GroupKey> keys, LongConsumer progress)
      throws IOException {
    NavigableSet<LocalDate> days = decided();
    require(days, "--from", settings.period());
    Span reference = settings.reference();
    if (reference != null) {
      require(days, "--reference-from", reference);
    }
    LabelBook labels = new LabelBook(archive, temporary, settings.labelled(), settings.asOf());
    ArchiveScan scan = new ArchiveScan(archive, models, keys);
    Monitor monitor = new Monitor(settings);
    long[] done = {0};
    for (LocalDate day : days) {
      if (reference != null && reference.has(day)) {
        scan.read(
            day,
            id -> Observation.Known.NOTHING,
            row -> {
              monitor.sample(row);
              progress.accept(++done[0]);
            });
      }
    }
    for (LocalDate day : days) {
      if (settings.period().has(day)
          || settings.labelled().has(day)
          || (reference != null && reference.has(day))) {
        scan.read(
            day,
            labels::of,
            row -> {
              monitor.count(row);
              progress.accept(++done[0]);
            });
      }
    }
    return monitor.report(models::known, labels.roles());
  }

  private static void require(NavigableSet<LocalDate> days, String option, Span span)
      throws IOException {
    LocalDate first = days.ceiling(span.from());
    if (first == null || first.isAfter(span.to())) {
      throw new IOException(
          "%s: expected days with decisions, of which the archive has %s, got %s"
              .formatted(
                  option, days.isEmpty() ? "none" : days.first() + " to " + days.last(), span));
    }
  }
}
