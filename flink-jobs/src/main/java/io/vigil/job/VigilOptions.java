package io.vigil.job;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.ConfigOptions;
import org.apache.flink.configuration.MemorySize;

/**
 * Every option of the job. Those that can change a decision say so. The reference page
 * docs/reference/options.md is made from this class.
 */
public final class VigilOptions {
  /** Whether the job ends with its input. */
  public enum Mode {
    /** Runs until it is stopped; quiet partitions are ticked. */
    LIVE,
    /** Reads to the end offsets that it finds at its start, then ends; writes no ticks. */
    BOUNDED
  }

  /** How often a record may stand in an output topic. */
  public enum Delivery {
    /** A restart may repeat records, byte-identical; nothing waits for a transaction. */
    AT_LEAST_ONCE,
    /** Kafka transactions; readers of committed records wait for the checkpoint. */
    EXACTLY_ONCE
  }

  public static final ConfigOption<String> BOOTSTRAP_SERVERS =
      ConfigOptions.key("vigil.kafka.bootstrap-servers")
          .stringType()
          .defaultValue("localhost:9092")
          .withDescription("The Kafka brokers, host:port separated by commas.");

  public static final ConfigOption<String> KAFKA_PROPERTIES_FILE =
      ConfigOptions.key("vigil.kafka.properties-file")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A file of Kafka client properties (TLS, SASL) for every connection of the job. Secrets in it are written ${env:NAME} or ${file:PATH}, and are read on each machine where a client starts.");

  public static final ConfigOption<Mode> MODE =
      ConfigOptions.key("vigil.mode")
          .enumType(Mode.class)
          .defaultValue(Mode.LIVE)
          .withDescription(
              "LIVE runs until stopped and ticks quiet partitions; BOUNDED ends with its input.");

  public static final ConfigOption<Delivery> DELIVERY =
      ConfigOptions.key("vigil.kafka.delivery")
          .enumType(Delivery.class)
          .defaultValue(Delivery.AT_LEAST_ONCE)
          .withDescription(
              "AT_LEAST_ONCE may repeat a record after a restart, byte-identical; EXACTLY_ONCE uses Kafka transactions.");

  public static final ConfigOption<Boolean> SKIP_EXPIRED =
      ConfigOptions.key("vigil.kafka.skip-expired")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Goes on with the oldest record that an input has when those that a resumed job was to read next are no longer there. They are neither decided nor archived. Else the job fails, naming partition and offset.");

  public static final ConfigOption<Duration> ORDER_BOUND =
      ConfigOptions.key("vigil.order.bound")
          .durationType()
          .defaultValue(Duration.ofMillis(250))
          .withDescription(
              "How far a record may lie behind the newest of its partition before it is late. 0 means arrival order per partition. Changes decisions.");

  public static final ConfigOption<Duration> ORDER_FUTURE_LIMIT =
      ConfigOptions.key("vigil.order.future-limit")
          .durationType()
          .defaultValue(Duration.ofMinutes(5))
          .withDescription(
              "A record whose event time lies further ahead of its append time is a dead letter. Changes decisions.");

  public static final ConfigOption<Duration> ORDER_MAX_AHEAD =
      ConfigOptions.key("vigil.order.max-ahead")
          .durationType()
          .defaultValue(Duration.ofMinutes(1))
          .withDescription(
              "How far, in event time, one partition may be read ahead of the slowest. Bounds the order buffers: choose it as the records you can hold divided by the records an hour of the stream has.");

  public static final ConfigOption<Duration> WATERMARK_INTERVAL =
      ConfigOptions.key("vigil.order.watermark-interval")
          .durationType()
          .defaultValue(Duration.ofMillis(20))
          .withDescription(
              "How often clocks are sent on. A part of every decision's latency; changes none.");

  public static final ConfigOption<Duration> TICK_INTERVAL =
      ConfigOptions.key("vigil.order.tick-interval")
          .durationType()
          .defaultValue(Duration.ofMillis(50))
          .withDescription("A partition that took no record for this long is ticked (live mode).");

  public static final ConfigOption<Duration> DEDUPE_HORIZON =
      ConfigOptions.key("vigil.dedupe.horizon")
          .durationType()
          .defaultValue(Duration.ofDays(7))
          .withDescription(
              "How long a transaction id is remembered, in effective time; an event older than this is a dead letter. Changes decisions. Before it is made longer, make vigil.dedupe.slack longer by the difference, for as long.");

  public static final ConfigOption<Duration> DEDUPE_SLACK =
      ConfigOptions.key("vigil.dedupe.slack")
          .durationType()
          .defaultValue(Duration.ofDays(7))
          .withDescription(
              "How much longer than the horizon an id is kept, in processing time: for as long records may wait while the job is down or behind. It decides none that waited for longer before this is raised. Changes no decision.");

  public static final ConfigOption<Duration> STATE_FORGET_AFTER =
      ConfigOptions.key("vigil.state.forget-after")
          .durationType()
          .defaultValue(Duration.ofDays(400))
          .withDescription(
              "Processing time after which labels, cases and ids of deployments that were never written again are dropped. Garbage collection only: must exceed any outage, and the time in which labels are corrected. Entities are kept.");

  public static final ConfigOption<Integer> STATE_CACHE_ENTRIES =
      ConfigOptions.key("vigil.state.cache-entries")
          .intType()
          .defaultValue(50_000)
          .withDescription(
              "Entity values that a subtask keeps on the heap between checkpoints, at most 64 MiB of them. Changes no decision; 0 reads and writes RocksDB for every event.");

  public static final ConfigOption<Integer> BATCH_SIZE =
      ConfigOptions.key("vigil.scoring.batch-size")
          .intType()
          .defaultValue(256)
          .withDescription(
              "Rows that are scored together at the most, 1 to 4096. Changes no decision.");

  public static final ConfigOption<Duration> LINGER =
      ConfigOptions.key("vigil.scoring.linger")
          .durationType()
          .defaultValue(Duration.ofMillis(2))
          .withDescription("How long the first row of a batch waits for others.");

  public static final ConfigOption<Duration> DEADLINE =
      ConfigOptions.key("vigil.scoring.deadline")
          .durationType()
          .defaultValue(Duration.ofMillis(100))
          .withDescription(
              "How long a row may wait for its score before rules decide alone, flagged. 0 for none; bounded runs have none.");

  public static final ConfigOption<String> CRASH_DIR =
      ConfigOptions.key("vigil.scoring.crash-dir")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A local folder that outlives the process: a model inside which the JVM crashed twice is not run again. Start the JVM with -XX:ErrorFile=DIR/hs_err_pid%p.log. Without it no crash is remembered.");

  public static final ConfigOption<String> DEVICE =
      ConfigOptions.key("vigil.scoring.device")
          .stringType()
          .defaultValue("cpu")
          .withDescription("Where models run: auto (a GPU when there is one), cpu, or gpu:N.");

  public static final ConfigOption<String> BUNDLE =
      ConfigOptions.key("vigil.artefacts.bundle")
          .stringType()
          .defaultValue("default")
          .withDescription("The model bundle: a built-in name or a directory. Changes decisions.");

  public static final ConfigOption<Map<String, String>> BUNDLE_SCHEDULE =
      ConfigOptions.key("vigil.artefacts.bundle-schedule")
          .mapType()
          .defaultValue(Map.of())
          .withDescription(
              "Bundles that come into force later, by effective time: \"{'2026-01-31T00:00:00Z': BUNDLE}\". They read features of the first bundle's spec. Changes decisions.");

  public static final ConfigOption<List<String>> CHALLENGERS =
      ConfigOptions.key("vigil.artefacts.challengers")
          .stringType()
          .asList()
          .defaultValues()
          .withDescription(
              "Bundles that score every transaction without deciding, separated by semicolons; their logits stand in the decisions. They read features of the first bundle's spec.");

  public static final ConfigOption<String> RULES =
      ConfigOptions.key("vigil.artefacts.rules")
          .stringType()
          .defaultValue("default")
          .withDescription("The rule set: a built-in name or a file. Changes decisions.");

  public static final ConfigOption<List<String>> LISTS =
      ConfigOptions.key("vigil.artefacts.lists")
          .stringType()
          .asList()
          .defaultValues()
          .withDescription(
              "Files of the lists that rules ask, separated by semicolons; each says its own name. Changes decisions.");

  public static final ConfigOption<String> POLICY =
      ConfigOptions.key("vigil.artefacts.policy")
          .stringType()
          .defaultValue("default")
          .withDescription("The policy: a built-in name or a file. Changes decisions.");

  public static final ConfigOption<String> RATES =
      ConfigOptions.key("vigil.artefacts.rates")
          .stringType()
          .defaultValue("default")
          .withDescription("The exchange rates: a built-in name or a file. Changes decisions.");

  public static final ConfigOption<String> STATE_DIR =
      ConfigOptions.key("vigil.state.dir")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Where checkpoints are kept, and savepoints unless Flink's own option says otherwise: a path on any Flink file system. Without it the job keeps none.");

  public static final ConfigOption<Duration> CHECKPOINT_INTERVAL =
      ConfigOptions.key("vigil.state.checkpoint-interval")
          .durationType()
          .defaultValue(Duration.ofSeconds(30))
          .withDescription(
              "How often the state is checkpointed; what a restart repeats at most. Decisions wait a tenth of a second or more for each.");

  public static final ConfigOption<Boolean> RESUME =
      ConfigOptions.key("vigil.resume")
          .booleanType()
          .defaultValue(false)
          .withDescription(
              "Start from the newest completed checkpoint or savepoint below vigil.state.dir, if there is one; execution.state-recovery.path names another.");

  public static final ConfigOption<String> ARCHIVE_DIR =
      ConfigOptions.key("vigil.archive.dir")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Where the archive's files by day are written: a path on any Flink file system. Without it there is no archive.");

  public static final ConfigOption<String> PROOF_KEY =
      ConfigOptions.key("vigil.proof.key")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The private key that heads of the proof are signed with: a file on any Flink file system, as vigil audit keygen writes it. Needs vigil.archive.dir and vigil.proof.origin, and a live job vigil.state.dir. Set it from an archive's beginning. Without it the archive is not proved.");

  public static final ConfigOption<String> PROOF_ORIGIN =
      ConfigOptions.key("vigil.proof.origin")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The name of the log in its heads, such as example.com/vigil/production: printable ASCII without spaces and '+', never used for another log with the same key.");

  public static final ConfigOption<String> CONTROL_REGISTRY =
      ConfigOptions.key("vigil.control.registry")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Where deployed artefacts are, by digest: a folder on any Flink file system. Without it only those can be deployed that the job was started with.");

  public static final ConfigOption<String> CONTROL_KEYRING =
      ConfigOptions.key("vigil.control.keyring")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The persons who may sign deployments: a file on any Flink file system, read for every request. Without it a live job refuses all requests; what was activated needs none.");

  public static final ConfigOption<String> CONTROL_JOB_KEY =
      ConfigOptions.key("vigil.control.job-key")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The job's own private key, with which a live job signs its answers on control: a file on any Flink file system, as vigil keys new writes it. Its public key must stand in vigil.control.job-keys.");

  public static final ConfigOption<List<String>> CONTROL_JOB_KEYS =
      ConfigOptions.key("vigil.control.job-keys")
          .stringType()
          .asList()
          .defaultValues()
          .withDescription(
              "The job's public keys, today's and all of before, base64, separated by semicolons: an answer on control that none of them signed is refused. Without them whoever may write to control can put anything in force. Changes decisions.");

  public static final ConfigOption<Duration> CONTROL_LOAD_LIMIT =
      ConfigOptions.key("vigil.control.load-limit")
          .durationType()
          .defaultValue(Duration.ofSeconds(60))
          .withDescription(
              "How long the artefact of a request may take to be read, verified and warm on every subtask before it is refused.");

  public static final ConfigOption<MemorySize> CONTROL_ARTEFACT_SIZE_MAX =
      ConfigOptions.key("vigil.control.artefact-size-max")
          .memoryType()
          .defaultValue(MemorySize.ofMebiBytes(512))
          .withDescription("The largest artefact that is read from the registry.");

  public static final ConfigOption<Integer> BACKFILL_RATE =
      ConfigOptions.key("vigil.backfill.rate")
          .intType()
          .defaultValue(20_000)
          .withDescription(
              "Small records a second, over all subtasks, that the entities are told of the past of new features: one for each entity of a transaction that they look at. More is sooner, and takes more from the present.");

  public static final ConfigOption<Duration> BACKFILL_LIMIT =
      ConfigOptions.key("vigil.backfill.limit")
          .durationType()
          .defaultValue(Duration.ofHours(12))
          .withDescription(
              "How long the past of new features may take to be read from the archive before their model is refused.");

  public static final ConfigOption<String> BACKFILL_FROM_ARCHIVE =
      ConfigOptions.key("vigil.backfill.from-archive")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "For a job that begins without a state and reads a log in which features came into force with their history: the archive of the job that did so. It says which these are, and their state is kept from the first record on. Changes decisions, to what they were.");

  public static final ConfigOption<Integer> ALERTS_BUDGET =
      ConfigOptions.key("vigil.alerts.budget")
          .intType()
          .defaultValue(0)
          .withDescription(
              "The alerts an hour that the analysts can work: shown as a metric beside those raised, and alerted on. 0 for none said. Changes no decision.");

  public static final ConfigOption<Integer> TRACE_ONE_IN =
      ConfigOptions.key("vigil.trace.one-in")
          .intType()
          .defaultValue(0)
          .withDescription(
              "The way of one in so many transactions, chosen by its id, is a line in the log: its times from event to decision, no person's data. 0 for none. Changes no decision.");

  public static final ConfigOption<String> REPLAY_ARCHIVE =
      ConfigOptions.key("vigil.replay.archive")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "Replays the archive there, a path on any Flink file system, in place of the topics; needs vigil.mode: bounded. Decisions and cases go to vigil.archive.dir, nothing to Kafka. vigil replay writes all of these options.");

  public static final ConfigOption<String> REPLAY_UNTIL =
      ConfigOptions.key("vigil.replay.until")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The last day of effective time that is replayed, such as 2026-01-31; without it all of them.");

  public static final ConfigOption<String> REPLAY_FROM =
      ConfigOptions.key("vigil.replay.from")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "The first day of effective time whose decisions are kept; earlier ones are replayed, for what comes later depends on them.");

  public static final ConfigOption<String> REPLAY_RECORDED =
      ConfigOptions.key("vigil.replay.recorded")
          .stringType()
          .noDefaultValue()
          .withDescription(
              "A file of what a replay takes as given, a line for each decision that fell back: cause, silent models, id.");

  public static final ConfigOption<List<String>> REPLAY_WITHOUT =
      ConfigOptions.key("vigil.replay.without")
          .stringType()
          .asList()
          .defaultValues()
          .withDescription(
              "Kinds of artefacts whose deployments a replay leaves out, such as rule_set, for another one takes their place.");

  private VigilOptions() {}
}
