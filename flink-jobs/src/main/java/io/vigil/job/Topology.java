package io.vigil.job;

import io.vigil.job.control.ActivationOperator;
import io.vigil.job.control.ControlSettings;
import io.vigil.job.control.WatchOperator;
import io.vigil.job.decide.CaseOperator;
import io.vigil.job.decide.DecideOperator;
import io.vigil.job.dedupe.DeduplicateOperator;
import io.vigil.job.feature.EntityOperator;
import io.vigil.job.record.AlertDraft;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Output;
import io.vigil.job.source.SequenceFunction;
import java.time.Duration;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.transformations.SideOutputTransformation;
import org.apache.flink.streaming.api.transformations.TwoInputTransformation;
import org.apache.flink.util.OutputTag;

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
   */
  public record Streams(
      DataStream<Outgoing> decisions,
      DataStream<Outgoing> cases,
      DataStream<Outgoing> receipts,
      DataStream<Outgoing> deadLetters,
      DataStream<Outgoing> inputs,
      DataStream<Outgoing> control) {}

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
    return define(log, artefacts, options, controlSettings(options));
  }

  /** As above, with another way to the registry and its judge. */
  static Streams define(
      DataStream<LogRecord> log,
      ArtefactSet artefacts,
      ReadableConfig options,
      ControlSettings settings) {
    Duration forgetAfter = options.get(VigilOptions.STATE_FORGET_AFTER);
    boolean archive = options.getOptional(VigilOptions.ARCHIVE_DIR).isPresent();
    boolean bounded = options.get(VigilOptions.MODE) == VigilOptions.Mode.BOUNDED;

    SingleOutputStreamOperator<LogRecord> sequenced =
        log.process(
                new SequenceFunction(options.get(VigilOptions.ORDER_BOUND).toMillis(), archive),
                new WireType<>(LogRecord.WIRE))
            .setParallelism(log.getParallelism())
            .uid("sequence")
            .name("sequence");

    SingleOutputStreamOperator<LogRecord> accepted =
        sequenced
            .keyBy(LogRecord::stateKey, Types.STRING)
            .transform(
                "deduplicate",
                new WireType<>(LogRecord.WIRE),
                new DeduplicateOperator(
                    artefacts.withoutLists(),
                    options.get(VigilOptions.DEDUPE_HORIZON),
                    forgetAfter))
            .uid("deduplicate");

    SingleOutputStreamOperator<EntityAnswer> answers =
        accepted
            .getSideOutput(DeduplicateOperator.REQUESTS)
            .keyBy(EntityRequest::key, Types.STRING)
            .transform(
                "entities",
                new WireType<>(EntityAnswer.WIRE),
                new EntityOperator(
                    artefacts.withoutLists(),
                    options.get(VigilOptions.STATE_CACHE_ENTRIES),
                    bounded ? Integer.MAX_VALUE : LIVE_UNWRITTEN_MAX))
            .uid("entities");

    // Two kinds of edges lead to one input: transactions go to the subtask of their id, control
    // records to all of them. The fluent API would lay one partitioner over both.
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
                settings),
            new WireType<>(Outgoing.WIRE),
            accepted.getParallelism());
    decide.setStateKeySelectors(
        LogRecord::stateKey, answer -> LogRecord.transactionKey(answer.id()));
    decide.setStateKeyType(Types.STRING);
    decide.setUid("decide");
    StreamExecutionEnvironment env = log.getExecutionEnvironment();
    env.addOperator(decide);
    DataStream<Outgoing> decisions = new DataStream<>(env, decide);

    DataStream<Outgoing> answered =
        sideOutput(env, decide, DecideOperator.REPORTS)
            .transform("activation", new WireType<>(Outgoing.WIRE), new ActivationOperator())
            .setParallelism(1)
            .setMaxParallelism(1)
            .uid("activation");

    DataStream<Outgoing> returned =
        sideOutput(env, decide, DecideOperator.WATCHED)
            .transform("watch", new WireType<>(Outgoing.WIRE), new WatchOperator())
            .setParallelism(1)
            .setMaxParallelism(1)
            .uid("watch");

    SingleOutputStreamOperator<Outgoing> cases =
        sideOutput(env, decide, DecideOperator.ALERTS)
            .keyBy(AlertDraft::account, Types.STRING)
            .transform(
                "cases",
                new WireType<>(Outgoing.WIRE),
                new CaseOperator(Duration.ofMillis(artefacts.policy().caseWindowMs()), forgetAfter))
            .uid("cases");

    return new Streams(
        decisions,
        cases,
        sequenced.getSideOutput(Output.RECEIPTS).union(accepted.getSideOutput(Output.RECEIPTS)),
        sequenced
            .getSideOutput(Output.DEAD_LETTERS)
            .union(accepted.getSideOutput(Output.DEAD_LETTERS)),
        sequenced.getSideOutput(Output.INPUTS),
        answered.union(returned));
  }

  /** How the options want the control topic treated. */
  static ControlSettings controlSettings(ReadableConfig options) {
    return ControlSettings.of(
        options.get(VigilOptions.MODE) == VigilOptions.Mode.LIVE,
        options.getOptional(VigilOptions.CONTROL_REGISTRY).map(VigilJob::uri).orElse(null),
        options.getOptional(VigilOptions.CONTROL_KEYRING).map(VigilJob::uri).orElse(null),
        options.get(VigilOptions.CONTROL_LOAD_LIMIT),
        options.get(VigilOptions.CONTROL_ARTEFACT_SIZE_MAX).getBytes());
  }

  private static <T> DataStream<T> sideOutput(
      StreamExecutionEnvironment env, Transformation<?> of, OutputTag<T> tag) {
    return new DataStream<>(env, new SideOutputTransformation<>(of, tag));
  }
}
