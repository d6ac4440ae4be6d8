package io.vigil.job.archive;

import io.vigil.job.ArtefactSet;
import io.vigil.job.VigilOptions;
import io.vigil.job.decide.Decider;
import io.vigil.job.record.SpecChange;
import io.vigil.model.approval.ArtefactStore;
import io.vigil.model.approval.Kind;
import io.vigil.model.feature.Backfill;
import io.vigil.schema.Backfilled;
import io.vigil.schema.Start;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ReadableConfig;

/** What jobs were started with: options that can change a decision, artefacts by their digests. */
public final class Starts {
  /** Name of the archive's folder. */
  public static final String KIND = "starts";

  /** Plain values, as the options file has them. */
  private static final List<ConfigOption<?>> VALUES =
      List.of(
          VigilOptions.ORDER_BOUND,
          VigilOptions.ORDER_FUTURE_LIMIT,
          VigilOptions.DEDUPE_HORIZON,
          VigilOptions.CONTROL_JOB_KEYS,
          VigilOptions.DEVICE);

  private static final long BYTES_MAX = Integer.MAX_VALUE - 16L;

  private Starts() {}

  /** The options that can change a decision, those of artefacts with digests. */
  public static Map<String, String> options(ReadableConfig options, ArtefactSet artefacts) {
    Configuration chosen = new Configuration();
    for (ConfigOption<?> option : VALUES) {
      set(chosen, option, options);
    }
    Map<String, String> all = new TreeMap<>(chosen.toMap());
    for (ArtefactSet.Part part : artefacts.parts()) {
      String value =
          part.fromMs() == Long.MIN_VALUE
              ? part.digest()
              : Instant.ofEpochMilli(part.fromMs()) + "=" + part.digest();
      all.merge(part.option().key(), value, (one, other) -> one + " " + other);
    }
    return all;
  }

  /** Keeps the artefacts that a job is started with. */
  public static void keep(ArchiveFolder archive, ArtefactSet artefacts) throws IOException {
    for (ArtefactSet.Part part : artefacts.parts()) {
      KeptArtefacts.keep(archive, part.kind(), part.digest(), part.bytes().get());
    }
  }

  private static <T> void set(Configuration to, ConfigOption<T> option, ReadableConfig from) {
    to.set(option, from.get(option));
  }

  /**
   * A start from now on.
   *
   * @param backfills features that have come into force with their history since
   */
  public static Start start(
      long fromMs, Map<String, String> options, long nowMs, List<Backfilled> backfills) {
    return new Start(fromMs, options, nowMs, Decider.ENGINE_VERSION, backfills);
  }

  /**
   * What prepared the features that came into force with their history, as if it had stood before
   * all records: whoever begins without a state and meets all of these makes the same of it.
   *
   * @param untilMs effective time until which they came into force, milliseconds since the epoch
   * @throws IOException when a start cannot be read
   */
  public static List<SpecChange> backfills(ArchiveFolder archive, long untilMs) throws IOException {
    Map<String, SpecChange> all = new TreeMap<>();
    for (List<org.apache.flink.core.fs.Path> files : archive.files(KIND).values()) {
      for (org.apache.flink.core.fs.Path file : files) {
        archive.read(
            file,
            Start.class,
            start -> {
              for (Backfilled each : start.getBackfills()) {
                if (each.getFromTime() <= untilMs) {
                  all.put(each.getId(), ahead(each));
                }
              }
            });
      }
    }
    return List.copyOf(all.values());
  }

  private static SpecChange ahead(Backfilled of) {
    String id = Objects.requireNonNullElse(Backfill.idOf(of.getSpec()), "");
    return new SpecChange(
        of.getId(), Long.MIN_VALUE, 0, 0, of.getSpec(), SpecChange.Says.PREPARES, id);
  }

  /**
   * All starts of an archive that changed anything, the first one first.
   *
   * @throws IOException when there are none, or one cannot be read
   */
  public static List<Start> read(ArchiveFolder archive) throws IOException {
    List<Start> all = new ArrayList<>();
    for (List<org.apache.flink.core.fs.Path> files : archive.files(KIND).values()) {
      for (org.apache.flink.core.fs.Path file : files) {
        archive.read(file, Start.class, start -> all.add(Start.newBuilder(start).build()));
      }
    }
    all.sort(Comparator.comparingLong(Start::getFromTime).thenComparing(Start::getWrittenAt));
    List<Start> changed = new ArrayList<>();
    for (Start start : all) {
      Start before = changed.isEmpty() ? null : changed.get(changed.size() - 1);
      if (before != null && before.getFromTime() == start.getFromTime()) {
        // Nothing was decided between the two.
        changed.remove(before);
        before = changed.isEmpty() ? null : changed.get(changed.size() - 1);
      }
      if (before == null || !before.getOptions().equals(start.getOptions())) {
        changed.add(start);
      }
    }
    if (changed.isEmpty() || changed.get(0).getFromTime() != Long.MIN_VALUE) {
      throw new IOException(
          "archive "
              + archive.root()
              + ": expected in "
              + KIND
              + " what its first job was started with, got "
              + (changed.isEmpty() ? "nothing" : "later starts only")
              + "; archives of before replays were supported lack it");
    }
    for (Start start : changed) {
      if (start.getEngineVersion() != Decider.ENGINE_VERSION) {
        throw new IOException(
            "archive "
                + archive.root()
                + ": expected decisions by version "
                + Decider.ENGINE_VERSION
                + " of the decision semantics, got version "
                + start.getEngineVersion()
                + " from "
                + start.getFromTime()
                + " on: replay it with a Vigil of that version");
      }
    }
    return changed;
  }

  /**
   * The options of a start, with its artefacts as files again.
   *
   * @param store where the artefacts are
   * @param folder gets the files
   * @throws IOException when an artefact is not there, or is not what it should be
   */
  public static Configuration options(Start start, ArtefactStore store, Path folder)
      throws IOException {
    Configuration options = new Configuration();
    Files.createDirectories(folder);
    Map<String, String> given = new LinkedHashMap<>(start.getOptions());
    Map<ConfigOption<?>, Kind> one =
        Map.of(
            VigilOptions.BUNDLE, Kind.MODEL,
            VigilOptions.RULES, Kind.RULE_SET,
            VigilOptions.POLICY, Kind.POLICY,
            VigilOptions.RATES, Kind.RATES);
    Map<ConfigOption<?>, Kind> many =
        Map.of(VigilOptions.CHALLENGERS, Kind.MODEL, VigilOptions.LISTS, Kind.LIST);
    for (ConfigOption<?> option : one.keySet()) {
      String digest = given.remove(option.key());
      if (digest != null) {
        options.setString(option.key(), file(store, one.get(option), digest, folder));
      }
    }
    for (ConfigOption<?> option : many.keySet()) {
      String digests = given.remove(option.key());
      List<String> files = new ArrayList<>();
      for (String digest : digests == null ? new String[0] : digests.split(" ", -1)) {
        files.add(file(store, many.get(option), digest, folder));
      }
      if (!files.isEmpty()) {
        options.setString(option.key(), String.join(";", files));
      }
    }
    String schedule = given.remove(VigilOptions.BUNDLE_SCHEDULE.key());
    if (schedule != null) {
      Map<String, String> files = new TreeMap<>();
      for (String entry : schedule.split(" ", -1)) {
        int at = entry.indexOf('=');
        files.put(entry.substring(0, at), file(store, Kind.MODEL, entry.substring(at + 1), folder));
      }
      options.set(VigilOptions.BUNDLE_SCHEDULE, files);
    }
    given.forEach(options::setString);
    return options;
  }

  private static String file(ArtefactStore store, Kind kind, String digest, Path folder)
      throws IOException {
    Path file = folder.resolve(kind.id() + "-" + digest + (kind == Kind.MODEL ? ".zip" : ""));
    if (!Files.exists(file)) {
      Files.write(file, store.read(kind, digest, BYTES_MAX));
    }
    return file.toString();
  }
}
