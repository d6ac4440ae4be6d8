package io.vigil.job;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.ArchiveLog;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.job.archive.Starts;
import io.vigil.job.archive.WhatIf;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.schema.AlertRaised;
import io.vigil.schema.Decision;
import io.vigil.schema.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.Collector;

/**
 * Wires the topology to an archive in place of the topics: history decided again by as many
 * subtasks as one likes. One of them reads the days one after the other, in effective order; all
 * after it is the live job's.
 */
final class ReplayJob {
  /** Records between two watermarks: few wake-ups, and little that waits. */
  private static final int WATERMARK_RECORDS = 512;

  private ReplayJob() {}

  static void define(StreamExecutionEnvironment env, ReadableConfig options) throws IOException {
    String archive = VigilJob.uri(options.get(VigilOptions.REPLAY_ARCHIVE));
    if (options.get(VigilOptions.MODE) != VigilOptions.Mode.BOUNDED) {
      throw new IllegalArgumentException(
          "%s: expected %s: bounded beside it, got %s"
              .formatted(
                  VigilOptions.REPLAY_ARCHIVE.key(),
                  VigilOptions.MODE.key(),
                  options.get(VigilOptions.MODE)));
    }
    ArtefactSet artefacts = ArtefactSet.read(options);
    LocalDate from = day(options, VigilOptions.REPLAY_FROM, LocalDate.MIN);
    LocalDate until = day(options, VigilOptions.REPLAY_UNTIL, LocalDate.MAX);
    List<String> days =
        ArchiveFolder.of(archive).files(ArchiveLog.KIND).keySet().stream()
            .filter(day -> !day.isAfter(until))
            .map(LocalDate::toString)
            .toList();
    if (days.isEmpty()) {
      throw new IllegalArgumentException(
          "archive %s: expected days until %s, got none".formatted(archive, until));
    }
    DataStream<LogRecord> all =
        env.fromData(days, Types.STRING)
            .setParallelism(1)
            .uid("days")
            .flatMap(new Day(archive, options.get(VigilOptions.REPLAY_WITHOUT)))
            .returns(new WireType<>(LogRecord.WIRE))
            .setParallelism(1)
            .uid("archive")
            .name("archive")
            .assignTimestampsAndWatermarks(
                WatermarkStrategy.<LogRecord>forGenerator(context -> new Ascending())
                    .withTimestampAssigner((record, before) -> record.effectiveTimeMs()))
            .setParallelism(1)
            .uid("effective-time");
    Topology.Decided streams =
        Topology.decide(
            all.filter(record -> record.kind() != Kind.DEPLOYMENT)
                .setParallelism(1)
                .uid("transactions-and-labels"),
            all.filter(record -> record.kind() == Kind.DEPLOYMENT)
                .setParallelism(1)
                .uid("deployments"),
            artefacts,
            options,
            ControlSettings.of(
                false,
                KeptArtefacts.uri(ArchiveFolder.of(archive)),
                null,
                Duration.ZERO,
                options.get(VigilOptions.CONTROL_ARTEFACT_SIZE_MAX).getBytes()),
            Starts.backfills(ArchiveFolder.of(archive), Long.MAX_VALUE));
    String out = VigilJob.uri(options.get(VigilOptions.ARCHIVE_DIR));
    long fromMs = from.equals(LocalDate.MIN) ? Long.MIN_VALUE : from.toEpochDay() * 86_400_000L;
    VigilJob.archive(
        since(streams.decisions(), fromMs, "decisions-asked-for"),
        out,
        "decisions",
        Decision.getClassSchema());
    VigilJob.archive(
        since(streams.cases(), fromMs, "cases-asked-for"),
        out,
        "cases",
        AlertRaised.getClassSchema());
    VigilJob.archive(streams.starts(), out, Starts.KIND, Start.getClassSchema());
  }

  private static DataStream<Outgoing> since(DataStream<Outgoing> records, long fromMs, String uid) {
    return records.filter(record -> record.effectiveTimeMs() >= fromMs).uid(uid);
  }

  private static LocalDate day(
      ReadableConfig options, ConfigOption<String> option, LocalDate otherwise) {
    return options.getOptional(option).map(LocalDate::parse).orElse(otherwise);
  }

  /** Reads a day of the archive. */
  private static final class Day extends RichFlatMapFunction<String, LogRecord> {
    private static final long serialVersionUID = 1L;

    private final String archive;
    private final ArrayList<String> without;

    Day(String archive, List<String> without) {
      this.archive = archive;
      this.without = new ArrayList<>(without);
    }

    @Override
    public void flatMap(String day, Collector<LogRecord> out) throws Exception {
      WhatIf change = WhatIf.without(without);
      Path temporary = Files.createTempDirectory("vigil-replay");
      try {
        new ArchiveLog(ArchiveFolder.of(archive), temporary)
            .read(
                LocalDate.parse(day),
                record -> {
                  if (!change.ignores(record)) {
                    out.collect(record);
                  }
                });
      } finally {
        Files.deleteIfExists(temporary);
      }
    }
  }

  /** Of records in effective order: all before the last one's instant have come. */
  private static final class Ascending implements WatermarkGenerator<LogRecord> {
    private int records;
    private long toldMs = Long.MIN_VALUE;

    @Override
    public void onEvent(LogRecord record, long effectiveTimeMs, WatermarkOutput output) {
      // Not by a timer: the reader holds its thread for a day.
      if (++records >= WATERMARK_RECORDS && effectiveTimeMs - 1 > toldMs) {
        records = 0;
        toldMs = effectiveTimeMs - 1;
        output.emitWatermark(new Watermark(toldMs));
      }
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
      // At every so many records instead.
    }
  }
}
