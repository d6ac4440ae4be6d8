package io.vigil.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.cli.local.DataDir;
import io.vigil.cli.replay.PeriodReplay;
import io.vigil.cli.replay.PeriodReport;
import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.archive.WhatIf;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Holds an archive against what a replay of it comes to: a Flink job of its own process, whose code
 * paths are pinned like those of the job that is replayed.
 */
final class ReplayCheck {
  private ReplayCheck() {}

  /**
   * Expects every recorded decision again, bit for bit.
   *
   * @param temporary a folder that is not there yet
   * @return what the report says
   */
  static Map<String, Object> same(Path archive, Path temporary) throws Exception {
    return same(archive, temporary, 2);
  }

  /** With that many subtasks. */
  static Map<String, Object> same(Path archive, Path temporary, int parallelism) throws Exception {
    Files.createDirectories(temporary);
    ArchiveFolder folder = ArchiveFolder.of(archive.toString());
    ArchiveFolder again = ArchiveFolder.of(temporary.resolve("again").toString());
    NavigableSet<LocalDate> days = new TreeSet<>(folder.files(ArchiveLog.KIND).keySet());
    PeriodReport report = new PeriodReport(folder, again, temporary, false);
    try (DataDir data = DataDir.open(temporary.resolve("data"))) {
      report.flink(
          new PeriodReplay.Settings(days.first(), days.last(), again, false, false, WhatIf.NOTHING),
          data,
          parallelism);
    }
    Map<String, Object> json = report.json();
    assertThat(json.get("differing")).as(() -> json.toString()).isEqualTo(0L);
    assertThat(json.get("other_engine")).isEqualTo(0L);
    assertThat(json.get("same")).isEqualTo(json.get("recorded"));
    return json;
  }
}
