package io.vigil.job.metrics;

import java.util.List;
import java.util.Optional;

/**
 * Every metric of the job's own. Nothing is registered that does not stand here, and
 * docs/reference/metrics.md is made from it.
 *
 * <p>Names follow Prometheus: base units, the unit last, {@code _total} for what only grows.
 * Flink's reporter puts its own scope before them and the name of a label among them, so that
 * {@code fallbacks}, {@code cause}, {@code total} appears as {@link #exported}: {@code
 * flink_taskmanager_job_task_operator_vigil_fallbacks_by_cause_total{cause="deadline"}}.
 */
public enum JobMetric {
  INPUT_RECORDS(
      Kind.COUNTER,
      "sequence",
      "input_records",
      "kind",
      "total",
      "Records read from the input topics, by what they are: transaction, label, event, profile, deployment, tick."),
  LATE(
      Kind.COUNTER,
      "sequence",
      "late",
      "kind",
      "total",
      "Records that lay at or behind their partition's clock, by what they are: transaction, label, event, profile. They take effect at the clock + 1 ms, flagged. Old master data are late by nature, late transactions are not."),
  FEED_DELAY(
      Kind.HISTOGRAM,
      "sequence",
      "feed_delay",
      "seconds",
      "From a transaction's event time to when the log took it: what the feed needs, before Vigil sees anything."),
  CLOCK_DELAY(
      Kind.GAUGE,
      "sequence",
      "clock_delay",
      "partition",
      "seconds",
      "Wall time - the partition's clock. The greatest one holds back every decision."),
  DEAD_LETTERS(
      Kind.COUNTER,
      "sequence, deduplicate",
      "dead_letters",
      "total",
      "Records that could not be decided."),
  DEAD_LETTERS_BY_REASON(
      Kind.COUNTER,
      "sequence, deduplicate",
      "dead_letters",
      "reason",
      "total",
      "The same by reason code."),
  RECEIPTS(
      Kind.COUNTER,
      "deduplicate",
      "receipts",
      "outcome",
      "total",
      "Receipts of labels, events, profiles, deployments and repeats: applied, refused, duplicate."),
  ORDER_BUFFER(
      Kind.GAUGE,
      "deduplicate, entities, cases, batches",
      "order_buffer",
      "records",
      "Records that wait for the watermark, on the heap."),
  WATERMARK_DELAY(
      Kind.GAUGE,
      "deduplicate, entities, decide, cases, batches",
      "watermark_delay",
      "seconds",
      "Wall time - watermark: how far behind the present the step works. The bound and some hundredths of a second when all is well."),
  CACHE_HITS(
      Kind.COUNTER, "entities", "state_cache_hits", "total", "Entity values found on the heap."),
  CACHE_MISSES(
      Kind.COUNTER, "entities", "state_cache_misses", "total", "Entity values read from RocksDB."),
  CACHE_ENTRIES(
      Kind.GAUGE,
      "entities",
      "state_cache_entries",
      "Entity values kept on the heap; their most is vigil.state.cache-entries."),
  CACHE_BYTES(Kind.GAUGE, "entities", "state_cache", "bytes", "What they take, at most 64 MiB."),
  CACHE_UNWRITTEN(
      Kind.GAUGE,
      "entities",
      "state_cache_unwritten_entries",
      "Those of them that the next checkpoint has to write."),
  BACKFILL_REQUESTS(
      Kind.COUNTER,
      "backfill",
      "backfill_requests",
      "total",
      "Small records of the past that were sent to entities, for features that are prepared; at most vigil.backfill.rate a second."),
  GATHERING(
      Kind.GAUGE,
      "decide",
      "gathering",
      "records",
      "Transactions that wait for an answer of their entities or for the control topic."),
  DECISIONS(
      Kind.COUNTER,
      "decide",
      "decisions",
      "outcome",
      "total",
      "Decisions by outcome: approve, step_up, review, decline."),
  DECISION_LATENCY(
      Kind.HISTOGRAM,
      "decide",
      "decision_latency",
      "seconds",
      "From when the log took a transaction to its decision. The promise is the bound + 0.15 s for 99 of 100."),
  FALLBACKS(
      Kind.COUNTER,
      "decide",
      "fallbacks",
      "total",
      "Decisions that lack something a model owed them; without a score rules decided alone."),
  FALLBACKS_BY_CAUSE(
      Kind.COUNTER,
      "decide",
      "fallbacks",
      "cause",
      "total",
      "The same by cause: deadline, error, invalid_output, quarantine, reasons_deadline, reasons_error, challenger_missing."),
  FALLING_BACK(
      Kind.GAUGE,
      "decide",
      "falling_back",
      "1 while the subtask's last row had no score though its model is not in quarantine."),
  SCORED_ROWS(
      Kind.COUNTER,
      "decide",
      "rows",
      "model",
      "total",
      "Rows by the model that decided them, the first 12 digits of its digest."),
  CHAMPION(
      Kind.GAUGE,
      "decide",
      "champion",
      "model",
      "in_force",
      "1 for the model that is champion, 0 for those that were."),
  BATCH_ROWS(
      Kind.HISTOGRAM, "decide", "scoring_batch", "rows", "Rows that the device scored at once."),
  SCORING_WAIT(
      Kind.HISTOGRAM,
      "decide",
      "scoring_wait",
      "seconds",
      "How long a batch waited for a scoring thread."),
  SCORING_DEVICE(
      Kind.HISTOGRAM,
      "decide",
      "scoring_device",
      "seconds",
      "How long the device took for a batch."),
  ROWS_IN_FLIGHT(
      Kind.GAUGE,
      "decide",
      "scoring_in_flight",
      "rows",
      "Rows that wait for their batch, their score or their turn."),
  REQUESTS_PENDING(
      Kind.GAUGE,
      "decide",
      "control_requests_pending",
      "Requests for deployments that have no answer yet."),
  ARTEFACT_LOAD(
      Kind.GAUGE,
      "decide",
      "artefact_load",
      "seconds",
      "How long the last artefact took to be read, verified and warm."),
  ALERTS(Kind.COUNTER, "cases", "alerts", "total", "Alerts raised."),
  CASES(Kind.COUNTER, "cases", "cases", "total", "Cases opened by them."),
  ALERT_BUDGET(
      Kind.GAUGE,
      "cases",
      "alert_budget_per_hour",
      "The alerts an hour that the analysts can work, vigil.alerts.budget; 0 for none said. The same on every subtask."),
  ACTIVATED(Kind.COUNTER, "activation", "deployments_activated", "total", "Requests put in force."),
  REFUSED(Kind.COUNTER, "activation", "deployments_refused", "total", "Requests refused."),
  RETURNED(
      Kind.COUNTER,
      "watch",
      "rollouts_returned",
      "total",
      "Rollouts taken back because they broke a limit."),
  ROLLOUT_MET(
      Kind.GAUGE,
      "watch",
      "rollout",
      "place",
      "met",
      "1 when the rollout in that place has met what its plan wants before it goes on."),
  LIMIT_OBSERVED(
      Kind.GAUGE,
      "watch",
      "rollout",
      "limit",
      "observed",
      "What is seen of a watched limit, such as shadow:latency."),
  LIMIT_BOUND(Kind.GAUGE, "watch", "rollout", "limit", "bound", "Where the limit lies."),
  LIMIT_BROKEN(
      Kind.GAUGE,
      "watch",
      "rollout",
      "limit",
      "broken",
      "1 when it is broken, 0 when it is kept, -1 while too little was seen."),
  PROOF_BATCHES(
      Kind.GAUGE, "log of batches", "proof_tree", "batches", "Batches in the log of batches."),
  PROOF_DELAY(
      Kind.GAUGE,
      "log of batches",
      "proof_delay",
      "seconds",
      "Wall time - the end of the last minute that is in the log of batches.");

  /** What Flink's Prometheus reporter puts before each. */
  public static final String PREFIX = "flink_taskmanager_job_task_operator_vigil_";

  /** How a value behaves. */
  public enum Kind {
    /** Only grows while the task lives. */
    COUNTER,
    /** Goes up and down. */
    GAUGE,
    /** Cumulative buckets by upper bound, sum and count. */
    HISTOGRAM
  }

  private static final List<Double> SECONDS =
      List.of(
          0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 1.0, 2.5, 5.0, 10.0,
          30.0, 60.0, 300.0, 3600.0);

  private static final List<Double> ROWS =
      List.of(1.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0);

  private final Kind kind;
  private final String steps;
  private final String stem;
  private final String label;
  private final String suffix;
  private final String meaning;

  JobMetric(Kind kind, String steps, String name, String meaning) {
    this(kind, steps, name, "", "", meaning);
  }

  JobMetric(Kind kind, String steps, String stem, String suffix, String meaning) {
    this(kind, steps, stem, "", suffix, meaning);
  }

  JobMetric(Kind kind, String steps, String stem, String label, String suffix, String meaning) {
    this.kind = kind;
    this.steps = steps;
    this.stem = stem;
    this.label = label;
    this.suffix = suffix;
    this.meaning = meaning;
  }

  /** How its values behave. */
  public Kind kind() {
    return kind;
  }

  /** The names of the operators that have it, separated by commas. */
  public String steps() {
    return steps;
  }

  /** What it counts or measures, a sentence. */
  public String meaning() {
    return meaning;
  }

  /** The label that its values are told apart by. */
  public Optional<String> label() {
    return label.isEmpty() ? Optional.empty() : Optional.of(label);
  }

  /** The group of a labelled one. */
  String group() {
    return stem + "_by";
  }

  /** The last part of its name, behind its groups. */
  String leaf() {
    if (!label.isEmpty()) {
      return suffix;
    }
    return suffix.isEmpty() ? stem : stem + "_" + suffix;
  }

  /** Upper bounds of its buckets, ascending; the last one is without bound and not among them. */
  List<Double> bounds() {
    return suffix.equals("rows") ? ROWS : SECONDS;
  }

  /** Its name as Prometheus sees it; of a histogram the part before {@code _le_bucket}. */
  public String exported() {
    return PREFIX + (label.isEmpty() ? leaf() : group() + "_" + label + "_" + suffix);
  }

  /** The names that Prometheus sees. */
  public List<String> series() {
    return kind == Kind.HISTOGRAM
        ? List.of(exported() + "_le_bucket", exported() + "_sum", exported() + "_count")
        : List.of(exported());
  }
}
