package io.vigil.job;

import io.vigil.job.backfill.BackfillOperator;
import io.vigil.job.control.ActivationOperator;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Report;
import io.vigil.job.control.WatchOperator;
import io.vigil.job.decide.CaseOperator;
import io.vigil.job.decide.DecideOperator;
import io.vigil.job.decide.RecordedFile;
import io.vigil.job.decide.StartNote;
import io.vigil.job.dedupe.DeduplicateOperator;
import io.vigil.job.feature.EntityOperator;
import io.vigil.job.proof.Evidence;
import io.vigil.job.proof.LeafOperator;
import io.vigil.job.proof.LeafPack;
import io.vigil.job.proof.ProofOperator;
import io.vigil.job.proof.TreeOperator;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Output;
import io.vigil.job.source.SequenceFunction;
import io.vigil.model.proof.ProofKind;
import java.time.Duration;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.transformations.OneInputTransformation;
import org.apache.flink.streaming.api.transformations.SideOutputTransformation;
import org.apache.flink.streaming.api.transformations.TwoInputTransformation;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream, from sequenced records to decisions:
 *
 * <pre>
 * source -> sequence -> deduplicate (by id) -+--------------------------> decide (by id) -> cases
 *                                            +-> entities (by entity) --------^   |
 *                                            +-> control, to every one of them    +-> activation, watch
 * </pre>
 *
 * The graph depends on no feature spec: a spec with another entity only sends other requests to the
 * same operator. It knows no broker: tests give it bounded sources.
 */
public final class Topology {
  private static final Logger LOG = LoggerFactory.getLogger(Topology.class);

  /** Decisions wait while a checkpoint writes these: a few hundredths of a second. */
  private static final int LIVE_UNWRITTEN_MAX = 2_000;

  private Topology() {}

  /**
   * What the job makes, ready for sinks.
   *
   * @param decisions one for every accepted transaction
   * @param cases alerts with their cases
   * @param receipts what became of everything that is neither decision nor dead letter
   * @param deadLetters what could not be decided
   * @param inputs every record of the input topics, when the archive is on
   * @param control answers to requests, and rollouts that are taken back, for the control topic
   * @param starts what the job was started with, when the archive is on
   * @param proof what proves all of the archive; null when it is off
   */
  public record Streams(
      DataStream<Outgoing> decisions,
      DataStream<Outgoing> cases,
      DataStream<Outgoing> receipts,
      DataStream<Outgoing> deadLetters,
      DataStream<Outgoing> inputs,
      DataStream<Outgoing> control,
      DataStream<Outgoing> starts,
      @Nullable Proof proof) {}

  /**
   * What follows the clocks.
   *
   * @param accepted with what became of the others as side outputs
   */
  record Decided(
      SingleOutputStreamOperator<LogRecord> accepted,
      DataStream<Outgoing> decisions,
      DataStream<Outgoing> cases,
      DataStream<Outgoing> control,
      DataStream<Outgoing> starts) {}

  /**
   * The proof of the archive.
   *
   * @param batches the log of batches, for the archive
   * @param heads its signed heads; only for sinks that show a record when its checkpoint is
   *     complete
   */
  public record Proof(DataStream<Outgoing> batches, DataStream<Outgoing> heads) {}

  /**
   * Builds the stream.
   *
   * @param log records of the input topics with watermarks by {@link io.vigil.job.source.Clocks};
   *     each partition's records in order
   * @param artefacts what decides
   * @param options see {@link VigilOptions}
   */
  public static Streams define(
      DataStream<LogRecord> log, ArtefactSet artefacts, ReadableConfig options) {
    return define(log, artefacts, options, controlSettings(options), List.of());
  }

  /** As above, with another way to the registry and its judge. */
  static Streams define(
      DataStream<LogRecord> log,
      ArtefactSet artefacts,
      ReadableConfig options,
      ControlSettings settings,
      List<SpecChange> ahead) {
    boolean archive = options.getOptional(VigilOptions.ARCHIVE_DIR).isPresent();
    SingleOutputStreamOperator<LogRecord> sequenced =
        log.process(
                new SequenceFunction(options.get(VigilOptions.ORDER_BOUND).toMillis(), archive),
                new WireType<>(LogRecord.WIRE))
            .setParallelism(log.getParallelism())
            .uid("sequence")
            .name("sequence");
    Decided decided =
        decide(
            sequenced,
            sequenced.getSideOutput(SequenceFunction.DEPLOYMENTS),
            artefacts,
            options,
            settings,
            ahead);
    return new Streams(
        decided.decisions,
        decided.cases,
        sequenced
            .getSideOutput(Output.RECEIPTS)
            .union(decided.accepted.getSideOutput(Output.RECEIPTS)),
        sequenced
            .getSideOutput(Output.DEAD_LETTERS)
            .union(decided.accepted.getSideOutput(Output.DEAD_LETTERS)),
        sequenced.getSideOutput(Output.INPUTS),
        decided.control,
        decided.starts,
        proof(options, sequenced, decided));
  }

  /**
   * Builds the stream of records that have their effective times already.
   *
   * @param records transactions and labels, with watermarks by effective time
   * @param deployments beside them
   * @param ahead features whose state a job that begins without one keeps from the first record on
   */
  static Decided decide(
      DataStream<LogRecord> records,
      DataStream<LogRecord> deployments,
      ArtefactSet artefacts,
      ReadableConfig options,
      ControlSettings settings,
      List<SpecChange> ahead) {
    Duration forgetAfter = options.get(VigilOptions.STATE_FORGET_AFTER);
    boolean bounded = options.get(VigilOptions.MODE) == VigilOptions.Mode.BOUNDED;
    JobKeys jobKeys = JobKeys.of(options.get(VigilOptions.CONTROL_JOB_KEYS));
    String jobKeyFile = jobKeyFile(options, jobKeys);

    SingleOutputStreamOperator<LogRecord> accepted =
        keyedAndToAll(
            records,
            LogRecord::stateKey,
            deployments,
            "deduplicate",
            new DeduplicateOperator(
                artefacts.withoutLists(),
                jobKeys,
                options.get(VigilOptions.DEDUPE_HORIZON),
                options.get(VigilOptions.DEDUPE_SLACK),
                forgetAfter,
                ahead),
            new WireType<>(LogRecord.WIRE));

    SingleOutputStreamOperator<EntityInput> past = past(accepted, artefacts, options, ahead);
    DataStream<EntityInput> present = accepted.getSideOutput(DeduplicateOperator.REQUESTS);
    SingleOutputStreamOperator<EntityAnswer> answers =
        keyedAndToAll(
            past == null ? present : present.union(past),
            EntityInput::key,
            accepted.getSideOutput(DeduplicateOperator.SPECS),
            "entities",
            new EntityOperator(
                artefacts.withoutLists(),
                options.get(VigilOptions.STATE_CACHE_ENTRIES),
                bounded ? Integer.MAX_VALUE : LIVE_UNWRITTEN_MAX,
                ahead),
            new WireType<>(EntityAnswer.WIRE));

    // As there: transactions go to the subtask of their id, control records to all of them.
    TwoInputTransformation<LogRecord, EntityAnswer, Outgoing> decide =
        new TwoInputTransformation<>(
            accepted
                .keyBy(LogRecord::stateKey, Types.STRING)
                .union(accepted.getSideOutput(DeduplicateOperator.CONTROL).broadcast())
                .getTransformation(),
            answers.keyBy(a -> LogRecord.transactionKey(a.id()), Types.STRING).getTransformation(),
            "decide",
            new DecideOperator(
                artefacts,
                options.get(VigilOptions.BATCH_SIZE),
                bounded ? Duration.ZERO : options.get(VigilOptions.LINGER),
                bounded ? Duration.ZERO : options.get(VigilOptions.DEADLINE),
                settings,
                options
                    .getOptional(VigilOptions.ARCHIVE_DIR)
                    .map(path -> StartNote.of(VigilJob.uri(path), options, artefacts))
                    .orElse(null),
                new RecordedFile(options.getOptional(VigilOptions.REPLAY_RECORDED).orElse("")),
                options.get(VigilOptions.TRACE_ONE_IN)),
            new WireType<>(Outgoing.WIRE),
            accepted.getParallelism());
    decide.setStateKeySelectors(
        LogRecord::stateKey, answer -> LogRecord.transactionKey(answer.id()));
    decide.setStateKeyType(Types.STRING);
    decide.setUid("decide");
    StreamExecutionEnvironment env = records.getExecutionEnvironment();
    env.addOperator(decide);
    DataStream<Outgoing> decisions = new DataStream<>(env, decide);

    // Chained, which they would be on one subtask, these would take their neighbour's maximum of
    // subtasks, and a job of two could not go on as one.
    DataStream<Report> reports =
        sideOutput(env, decide, DecideOperator.REPORTS)
            .union(answers.getSideOutput(EntityOperator.REPORTS));
    DataStream<Outgoing> answered =
        (past == null ? reports : reports.union(past.getSideOutput(BackfillOperator.REPORTS)))
            .transform(
                "activation",
                new WireType<>(Outgoing.WIRE),
                new ActivationOperator(jobKeys, jobKeyFile, settings.approvals(), past != null))
            .setParallelism(1)
            .setMaxParallelism(1)
            .disableChaining()
            .uid("activation");

    DataStream<Outgoing> returned =
        sideOutput(env, decide, DecideOperator.WATCHED)
            .transform(
                "watch", new WireType<>(Outgoing.WIRE), new WatchOperator(jobKeys, jobKeyFile))
            .setParallelism(1)
            .setMaxParallelism(1)
            .disableChaining()
            .uid("watch");

    SingleOutputStreamOperator<Outgoing> cases =
        sideOutput(env, decide, DecideOperator.ALERTS)
            .keyBy(AlertDraft::account, Types.STRING)
            .transform(
                "cases",
                new WireType<>(Outgoing.WIRE),
                new CaseOperator(
                    Duration.ofMillis(artefacts.policy().caseWindowMs()),
                    forgetAfter,
                    options.get(VigilOptions.ALERTS_BUDGET)))
            .uid("cases");

    return new Decided(
        accepted,
        decisions,
        cases,
        answered.union(returned),
        sideOutput(env, decide, DecideOperator.STARTS));
  }

  /**
   * The one that sends the entities the past of features that come with their history; null for a
   * job that decides the past anyway, or keeps none.
   */
  private static @Nullable SingleOutputStreamOperator<EntityInput> past(
      SingleOutputStreamOperator<LogRecord> accepted,
      ArtefactSet artefacts,
      ReadableConfig options,
      List<SpecChange> ahead) {
    String archive = options.getOptional(VigilOptions.ARCHIVE_DIR).map(VigilJob::uri).orElse(null);
    if (archive == null || options.get(VigilOptions.MODE) != VigilOptions.Mode.LIVE) {
      return null;
    }
    return accepted
        .getSideOutput(DeduplicateOperator.SPECS)
        .transform(
            "backfill",
            new WireType<>(EntityInput.WIRE),
            new BackfillOperator(
                archive,
                artefacts.withoutLists(),
                options.get(PipelineOptions.MAX_PARALLELISM),
                options.get(VigilOptions.BACKFILL_RATE),
                options.get(VigilOptions.BACKFILL_LIMIT),
                ahead))
        .setParallelism(1)
        .setMaxParallelism(1)
        .disableChaining()
        .uid("backfill");
  }

  /** Leaves are hashed where records are made; nothing else of them crosses the network. */
  private static @Nullable Proof proof(
      ReadableConfig options, SingleOutputStreamOperator<LogRecord> sequenced, Decided decided) {
    String keyFile = options.getOptional(VigilOptions.PROOF_KEY).map(VigilJob::uri).orElse(null);
    if (keyFile == null) {
      return null;
    }
    String origin = ProofSettings.origin(options);
    SingleOutputStreamOperator<Outgoing> heads =
        leaves(sequenced.getSideOutput(Evidence.TAG), "sequence", LeafOperator.ofEvidence())
            .union(
                leaves(
                    decided.accepted.getSideOutput(Evidence.TAG),
                    "dedupe",
                    LeafOperator.ofEvidence()),
                leaves(decided.decisions, "decide", LeafOperator.of(ProofKind.DECISIONS)),
                leaves(decided.cases, "cases", LeafOperator.of(ProofKind.CASES)))
            .keyBy(LeafPack::key, Types.STRING)
            .transform("batches", new WireType<>(ProofOperator.BATCH_WIRE), new ProofOperator())
            .uid("proof-batches")
            .transform(
                "log of batches",
                new WireType<>(Outgoing.WIRE),
                new TreeOperator(
                    origin, keyFile, VigilJob.uri(options.get(VigilOptions.ARCHIVE_DIR))))
            .setParallelism(1)
            .setMaxParallelism(1)
            .disableChaining()
            .uid("proof-log");
    return new Proof(heads.getSideOutput(TreeOperator.BATCHES), heads);
  }

  private static <T> DataStream<LeafPack> leaves(
      DataStream<T> records, String of, LeafOperator<T> operator) {
    return records
        .transform("leaves of " + of, new WireType<>(LeafPack.WIRE), operator)
        .setParallelism(records.getParallelism())
        .uid("proof-leaves-" + of);
  }

  /** How the options want the control topic treated. */
  static ControlSettings controlSettings(ReadableConfig options) {
    ControlSettings settings =
        ControlSettings.of(
            options.get(VigilOptions.MODE) == VigilOptions.Mode.LIVE,
            options.getOptional(VigilOptions.CONTROL_REGISTRY).map(VigilJob::uri).orElse(null),
            options.getOptional(VigilOptions.CONTROL_KEYRING).map(VigilJob::uri).orElse(null),
            options.get(VigilOptions.CONTROL_LOAD_LIMIT),
            options.get(VigilOptions.CONTROL_ARTEFACT_SIZE_MAX).getBytes());
    return options
        .getOptional(VigilOptions.ARCHIVE_DIR)
        .map(path -> settings.keepingIn(VigilJob.uri(path)))
        .orElse(settings);
  }

  /**
   * An operator with two kinds of edges to its one input: some records go to the subtask of their
   * key, others to all of them. The fluent API would lay one partitioner over both.
   */
  private static <I, O> SingleOutputStreamOperator<O> keyedAndToAll(
      DataStream<I> keyed,
      KeySelector<I, String> keyOf,
      DataStream<I> toAll,
      String name,
      OneInputStreamOperator<I, O> operator,
      TypeInformation<O> type) {
    StreamExecutionEnvironment env = keyed.getExecutionEnvironment();
    OneInputTransformation<I, O> transformation =
        new OneInputTransformation<>(
            keyed.keyBy(keyOf, Types.STRING).union(toAll.broadcast()).getTransformation(),
            name,
            operator,
            type,
            env.getParallelism());
    transformation.setStateKeySelector(keyOf);
    transformation.setStateKeyType(Types.STRING);
    transformation.setUid(name);
    env.addOperator(transformation);
    return new Operated<>(env, transformation);
  }

  /** Flink lets only itself make one. */
  private static final class Operated<T> extends SingleOutputStreamOperator<T> {
    Operated(StreamExecutionEnvironment env, Transformation<T> transformation) {
      super(env, transformation);
    }
  }

  /** The key that a live job signs its answers with; null without, which is said. */
  private static @Nullable String jobKeyFile(ReadableConfig options, JobKeys keys) {
    if (options.get(VigilOptions.MODE) != VigilOptions.Mode.LIVE) {
      return null;
    }
    String file = options.getOptional(VigilOptions.CONTROL_JOB_KEY).map(VigilJob::uri).orElse(null);
    if (keys.none() != (file == null)) {
      throw new IllegalArgumentException(
          "%s, %s: expected both in a live job, got one"
              .formatted(VigilOptions.CONTROL_JOB_KEY.key(), VigilOptions.CONTROL_JOB_KEYS.key()));
    }
    if (file == null) {
      LOG.warn(
          "answers are not signed, whoever may write to control can put anything in force: option={}",
          VigilOptions.CONTROL_JOB_KEY.key());
    }
    return file;
  }

  private static <T> DataStream<T> sideOutput(
      StreamExecutionEnvironment env, Transformation<?> of, OutputTag<T> tag) {
    return new DataStream<>(env, new SideOutputTransformation<>(of, tag));
  }
}
