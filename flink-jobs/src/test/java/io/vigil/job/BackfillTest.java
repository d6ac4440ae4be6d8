package io.vigil.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vigil.job.archive.ArchiveFolder;
import io.vigil.job.archive.KeptArtefacts;
import io.vigil.job.archive.Starts;
import io.vigil.job.backfill.BackfillOperator;
import io.vigil.job.control.JobKeys;
import io.vigil.job.control.Report;
import io.vigil.job.dedupe.DeduplicateOperator;
import io.vigil.job.feature.EntityOperator;
import io.vigil.job.feature.FactsReader;
import io.vigil.job.feature.SpecTimeline;
import io.vigil.job.record.EntityAnswer;
import io.vigil.job.record.EntityInput;
import io.vigil.job.record.EntityRequest;
import io.vigil.job.record.Kind;
import io.vigil.job.record.LogRecord;
import io.vigil.job.record.Outgoing;
import io.vigil.job.record.SpecChange;
import io.vigil.job.record.WireType;
import io.vigil.job.sink.Output;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.event.Facts;
import io.vigil.model.feature.Backfill;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.DeadLetter;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.LogEntry;
import io.vigil.schema.Receipt;
import io.vigil.schema.Start;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import io.vigil.schema.codec.SingleObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.flink.api.common.serialization.SerializerConfigImpl;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.mailbox.TaskMailbox;
import org.apache.flink.streaming.util.AbstractStreamOperatorTestHarness;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.util.OutputTag;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Features that come into force with their history, while deduplication and the entities go on:
 * each vector from then on is the one that {@link Reference} makes, which had them all along.
 */
class BackfillTest {
  private static final int MAX_PARALLELISM = 16;
  private static final long BOUND_MS = 250;
  private static final Duration HORIZON = Duration.ofDays(7);
  private static final TestLog LOG = new TestLog(31, 4_000, true);

  private static final String KEPT =
      "name: kept\nversion: 1\nfeatures:\n"
          + "- {name: count_1h, entity: account, aggregate: count, window: 1h}\n"
          + "- {name: terminal_1h, entity: terminal, aggregate: rate, of: fraud_label, window: 1h}\n"
          + "- {name: night, expression: hour(event_time) <= 6}\n";

  /** Of each kind of state: exact and in panes, labels, lifetimes, decays, texts, events, pairs. */
  private static final String MORE =
      "name: more\nversion: 2\nfeatures:\n"
          + "- {name: merchant_20h, entity: merchant, aggregate: mean, of: amount, window: 20h}\n"
          + "- {name: count_1h, entity: account, aggregate: count, window: 1h}\n"
          + "- {name: sum_30h, entity: account, aggregate: sum, of: amount, window: 30h}\n"
          + "- {name: panes_40h, entity: account, aggregate: max, of: amount, window: 40h,"
          + " resolution: 1h}\n"
          + "- {name: ever, entity: card, aggregate: count, window: lifetime}\n"
          + "- {name: decayed, entity: account, aggregate: decayed_sum, of: amount,"
          + " half_life: 5h}\n"
          + "- {name: merchants_2d, entity: account, aggregate: distinct, of: merchant, window: 2d}\n"
          + "- {name: risk_3d, entity: terminal, aggregate: rate, of: fraud_label, window: 3d}\n"
          + "- {name: logins_2d, entity: account, aggregate: count, event: login, window: 2d}\n"
          + "- {name: pair, entity: [account, merchant], aggregate: count, window: 3d}\n"
          + "- {name: ratio, ratio: [sum_30h, merchant_20h], default: 1}\n";

  private static final List<String> WANTED =
      List.of(
          "merchant_20h",
          "sum_30h",
          "panes_40h",
          "ever",
          "decayed",
          "merchants_2d",
          "risk_3d",
          "logins_2d",
          "pair");

  @TempDir private static Path folder;

  /** Where things happen, as a place in the log. */
  private static final int PREPARED_AT = 1_500;

  private static final String REQUEST = "request-1";
  private static final String ID = SpecChange.backfillOf(REQUEST);

  /**
   * @param parallelism to begin with
   * @param then parallelism after each kill
   * @param kills how often the job dies while the past is read and behind it
   */
  @ParameterizedTest
  @CsvSource({"1,1,0", "2,2,0", "1,3,4", "3,2,7"})
  void eachVectorIsAsIfTheFeaturesHadAlwaysBeenThere(int parallelism, int then, int kills)
      throws Exception {
    Path archive = folder.resolve("archive-" + parallelism + "-" + then + "-" + kills);
    Job job = new Job(archive, artefacts(), 40, parallelism);
    Random random = new Random(parallelism * 31L + kills);
    List<List<LogRecord>> log = instants();
    int killed = 0;
    int at = 0;
    while (at < log.size()) {
      if (at >= PREPARED_AT) {
        job.prepare(log.get(at).get(0).effectiveTimeMs());
        job.activateWhenWhole(log.get(at).get(0).effectiveTimeMs());
      }
      job.apply(log.get(at));
      at++;
      if (at % 50 == 0) {
        job.checkpoint(at);
      }
      job.timePasses();
      if (at > PREPARED_AT && killed < kills && random.nextInt(60) == 0) {
        killed++;
        at = job.restore(killed % 2 == 0 ? parallelism : then);
      }
    }
    job.close();
    assertThat(killed).isEqualTo(kills);
    assertThat(job.activatedMs).as("it came into force").isPositive();
    assertThat(job.journaled).as("what waited for the past").isPositive();

    FeaturePlan always =
        FeaturePlan.compile(FeatureSpec.read(FeatureSpec.joined(KEPT, MORE), "always"));
    Reference reference =
        new Reference(
            artefacts(), new TreeMap<>(Map.of(Long.MIN_VALUE, always)), LOG.partitions(), BOUND_MS);
    int whole = 0;
    for (Map.Entry<String, float[]> each : job.vectors.entrySet()) {
      float[] expected = reference.features.get(each.getKey());
      if (reference.effectiveTimeMs.get(each.getKey()) >= job.activatedMs) {
        whole++;
        assertThat(each.getValue()).as(each.getKey()).isEqualTo(expected);
      } else {
        assertThat(each.getValue())
            .as(each.getKey())
            .isEqualTo(java.util.Arrays.copyOf(expected, each.getValue().length));
      }
    }
    assertThat(job.vectors.keySet()).isEqualTo(reference.features.keySet());
    assertThat(whole).isGreaterThan(400);
  }

  /** What takes effect at the same time has one watermark. */
  private static List<List<LogRecord>> instants() {
    List<List<LogRecord>> instants = new ArrayList<>();
    for (LogRecord record : OneThread.sequenced(LOG.partitions())) {
      List<LogRecord> last = instants.isEmpty() ? List.of() : instants.get(instants.size() - 1);
      if (last.isEmpty() || last.get(0).effectiveTimeMs() != record.effectiveTimeMs()) {
        instants.add(new ArrayList<>());
      }
      instants.get(instants.size() - 1).add(record);
    }
    return instants;
  }

  @Test
  void whatIsRefusedLeavesNothingBehind() throws Exception {
    List<List<LogRecord>> log = instants().subList(0, 2_400);
    List<Integer> entries = new ArrayList<>();
    for (boolean asked : new boolean[] {false, true}) {
      Job job = new Job(folder.resolve("refused-" + asked), artefacts(), 20, 2);
      for (int at = 0; at < log.size(); at++) {
        long timeMs = log.get(at).get(0).effectiveTimeMs();
        if (asked && at == PREPARED_AT) {
          job.prepare(timeMs);
        } else if (asked && at == PREPARED_AT + 300) {
          job.refuse(timeMs);
        }
        job.apply(log.get(at));
        job.timePasses();
        if (at % 50 == 0) {
          job.checkpoint(at);
        }
      }
      assertThat(job.sent > 0).as("some of the past").isEqualTo(asked);
      entries.add(job.entries());
      job.close();
    }
    assertThat(entries.get(1)).isEqualTo(entries.get(0));
  }

  @Test
  void aCheckpointOfBeforeTheHistoryWasReadIsRefusedWhereTheFeaturesComeIntoForce()
      throws Exception {
    List<List<LogRecord>> log = instants();
    Job job = new Job(folder.resolve("older"), artefacts(), 400, 1);
    Job.Saved older = null;
    for (int at = 0; job.activatedMs == 0; at++) {
      if (at >= PREPARED_AT) {
        job.prepare(log.get(at).get(0).effectiveTimeMs());
        job.activateWhenWhole(log.get(at).get(0).effectiveTimeMs());
      }
      job.apply(log.get(at));
      job.timePasses();
      if (at % 50 == 0) {
        job.checkpoint(at + 1);
      }
      if (at == PREPARED_AT) {
        older = job.saved;
      }
    }
    job.saved = java.util.Objects.requireNonNull(older);
    int from = job.restore(1);
    assertThatThrownBy(
            () -> {
              for (List<LogRecord> instant : log.subList(from, log.size())) {
                job.apply(instant);
              }
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("expected the history that was read for them")
        .hasMessageContaining("vigil.backfill.from-archive");
    job.close();
  }

  @Test
  void featuresWithoutAHistoryLeaveNothingWithTheOneWhoReadsIt() throws Exception {
    try (var reader =
        new OneInputStreamOperatorTestHarness<>(
            new BackfillOperator(
                folder.toUri().toString(),
                artefacts().withoutLists(),
                MAX_PARALLELISM,
                1_000,
                Duration.ofHours(1),
                List.of()))) {
      reader.setup(new WireType<>(EntityInput.WIRE).createSerializer(new SerializerConfigImpl()));
      reader.open();
      long before = reader.snapshot(1, 1).getStateSize();
      reader.processElement(
          new StreamRecord<>(new SpecChange("d1", 1, 0, 1, MORE, SpecChange.Says.EXTENDS, ID)));
      assertThat(reader.snapshot(2, 2).getStateSize()).isEqualTo(before);
      // An end that comes first is kept until what it ends has come.
      reader.processElement(
          new StreamRecord<>(new SpecChange("d2", 2, 0, 2, "", SpecChange.Says.ENDS, ID)));
      assertThat(reader.snapshot(3, 3).getStateSize()).isGreaterThan(before);
      reader.processElement(
          new StreamRecord<>(
              new SpecChange(
                  "d0", 0, 0, 0, Backfill.mark(ID, WANTED, MORE), SpecChange.Says.PREPARES, ID)));
      assertThat(reader.snapshot(4, 4).getStateSize()).isEqualTo(before);
    }
  }

  private static ArtefactSet artefacts() throws Exception {
    Path bundle = folder.resolve("kept");
    if (!Files.exists(bundle)) {
      TestBundle.bundle("kept", 7, KEPT).copyTo(bundle);
    }
    Configuration options = new Configuration();
    options.set(VigilOptions.BUNDLE, bundle.toString());
    options.set(VigilOptions.RULES, "basic");
    return ArtefactSet.read(options);
  }

  /** Deduplication, the entities and the past, joined as in the topology; the test is the log. */
  private static final class Job {
    final Map<String, float[]> vectors = new HashMap<>();
    long activatedMs;
    long journaled;
    long sent;

    private final Path archive;
    private final ArtefactSet artefacts;
    private final int rate;
    private final FactsReader facts;
    private final SpecTimeline specs;
    private final Map<String, double[][]> parts = new HashMap<>();
    private final Codec<Transaction> transactions = Codec.of(Transaction.class);
    private final Codec<Deployment> deployments = Codec.of(Deployment.class);
    private final Output made = new Output();
    private final Set<Integer> whole = new HashSet<>();
    private final Map<Long, LogRecord> control = new TreeMap<>();
    private final Map<String, List<Outgoing>> unarchived = new TreeMap<>();
    private int parallelism;
    private List<OneInputStreamOperatorTestHarness<LogRecord, LogRecord>> dedupe = List.of();
    private List<OneInputStreamOperatorTestHarness<EntityInput, EntityAnswer>> entities = List.of();
    private OneInputStreamOperatorTestHarness<EntityInput, EntityInput> past;
    Saved saved;
    private long nowMs = 1;
    private long checkpoints;
    private int files;
    private boolean prepared;

    record Saved(
        int at,
        int parallelism,
        OperatorSubtaskState dedupe,
        OperatorSubtaskState entities,
        OperatorSubtaskState past) {}

    Job(Path archive, ArtefactSet artefacts, int rate, int parallelism) throws Exception {
      this.archive = archive;
      this.artefacts = artefacts;
      this.rate = rate;
      facts = new FactsReader(artefacts.rates());
      specs = new SpecTimeline(artefacts.specYaml());
      Configuration started = new Configuration();
      started.set(VigilOptions.DEDUPE_HORIZON, HORIZON);
      Map<String, String> options = new TreeMap<>(started.toMap());
      options.put(VigilOptions.RATES.key(), artefacts.ratesDigest());
      byte[] rates = Artefacts.builtIn("rates/default.yaml").getBytes(StandardCharsets.UTF_8);
      KeptArtefacts.keep(
          ArchiveFolder.of(archive.toString()),
          io.vigil.model.approval.Kind.RATES,
          artefacts.ratesDigest(),
          rates);
      out(
          Starts.KIND,
          new Outgoing(
              Starts.KIND,
              null,
              Codec.of(Start.class).encode(Starts.start(Long.MIN_VALUE, options, 1, List.of())),
              0));
      start(parallelism, null);
      checkpoint(0);
    }

    private void start(int subtasks, @Nullable Saved from) throws Exception {
      parallelism = subtasks;
      dedupe = new ArrayList<>();
      entities = new ArrayList<>();
      for (int subtask = 0; subtask < subtasks; subtask++) {
        dedupe.add(
            opened(
                new DeduplicateOperator(
                    artefacts.withoutLists(), JobKeys.NONE, HORIZON, HORIZON, Duration.ofDays(400)),
                LogRecord::stateKey,
                subtask,
                from == null ? null : from.dedupe,
                from));
      }
      for (int subtask = 0; subtask < subtasks; subtask++) {
        entities.add(
            opened(
                new EntityOperator(artefacts.withoutLists(), 20, 10),
                EntityInput::key,
                subtask,
                from == null ? null : from.entities,
                from));
      }
      past =
          new OneInputStreamOperatorTestHarness<>(
              new BackfillOperator(
                  archive.toUri().toString(),
                  artefacts.withoutLists(),
                  MAX_PARALLELISM,
                  rate * 50,
                  Duration.ofHours(1),
                  List.of()));
      past.setup(new WireType<>(EntityInput.WIRE).createSerializer(new SerializerConfigImpl()));
      past.setProcessingTime(nowMs);
      if (from != null) {
        past.initializeState(from.past);
      }
      past.open();
      flow();
    }

    private <I, O> OneInputStreamOperatorTestHarness<I, O> opened(
        OneInputStreamOperator<I, O> operator,
        KeySelector<I, String> keyOf,
        int subtask,
        @Nullable OperatorSubtaskState state,
        @Nullable Saved from)
        throws Exception {
      var harness =
          new KeyedOneInputStreamOperatorTestHarness<>(
              operator, keyOf, Types.STRING, MAX_PARALLELISM, parallelism, subtask);
      if (state != null && from != null) {
        harness.initializeState(
            AbstractStreamOperatorTestHarness.repartitionOperatorState(
                state, MAX_PARALLELISM, from.parallelism, parallelism, subtask));
      }
      harness.open();
      return harness;
    }

    /** Records of the log that take effect at one time, and the watermark behind them. */
    void apply(List<LogRecord> instant) throws Exception {
      long timeMs = instant.get(0).effectiveTimeMs();
      LogRecord deployment = control.get(timeMs);
      if (deployment != null) {
        for (var subtask : dedupe) {
          operator(subtask).processElement(new StreamRecord<>(deployment));
        }
      }
      for (LogRecord record : instant) {
        out("inputs", made.logEntry(record));
        if (record.kind() == Kind.TRANSACTION) {
          parts.put(record.id(), new double[specs.at(timeMs).plan().entities().size()][]);
        }
        operator(dedupe.get(owner(record.stateKey()))).processElement(new StreamRecord<>(record));
      }
      watermark(timeMs);
      for (LogRecord record : instant) {
        if (record.kind() == Kind.TRANSACTION) {
          finish(record);
        }
      }
    }

    private void watermark(long timeMs) throws Exception {
      for (var subtask : dedupe) {
        operator(subtask).processWatermark(new Watermark(timeMs));
      }
      flow();
      for (var subtask : entities) {
        operator(subtask).processWatermark(new Watermark(timeMs));
      }
      operator(past).processWatermark(new Watermark(timeMs));
      flow();
    }

    private void finish(LogRecord record) throws Exception {
      double[][] answers = parts.remove(record.id());
      Transaction transaction = transactions.decode(record.value());
      if (answers == null || answers.length == 0 || !accepted.remove(record.id())) {
        return;
      }
      FeaturePlan plan = specs.at(record.effectiveTimeMs()).plan();
      Facts read = facts.read(transaction);
      float[] vector = new float[plan.names().size()];
      plan.finish(read, answers, vector);
      float[] before = vectors.put(record.id(), vector);
      if (before != null) {
        assertThat(vector).as(record.id() + " again").isEqualTo(before);
      }
    }

    private final Set<String> accepted = new HashSet<>();

    private int owner(String key) {
      return KeyGroupRangeAssignment.assignKeyToParallelOperator(key, MAX_PARALLELISM, parallelism);
    }

    @SuppressWarnings("unchecked")
    private static <I, O> OneInputStreamOperator<I, O> operator(
        OneInputStreamOperatorTestHarness<I, O> of) {
      return (OneInputStreamOperator<I, O>) of.getOperator();
    }

    /** What operators have sent reaches those behind them. */
    private void flow() throws Exception {
      for (var subtask : dedupe) {
        for (LogRecord record : drained(subtask)) {
          accepted.add(record.id());
        }
        drained(subtask, DeduplicateOperator.CONTROL);
        for (Outgoing receipt : drained(subtask, Output.RECEIPTS)) {
          out("receipts", receipt);
        }
        for (Outgoing letter : drained(subtask, Output.DEAD_LETTERS)) {
          out("dead-letters", letter);
        }
        for (EntityInput change : drained(subtask, DeduplicateOperator.SPECS)) {
          for (var entity : entities) {
            operator(entity).processElement(new StreamRecord<>(change));
          }
          operator(past).processElement(new StreamRecord<>(change));
        }
        for (EntityInput request : drained(subtask, DeduplicateOperator.REQUESTS)) {
          if (((EntityRequest) request).when() == EntityRequest.When.AHEAD && whole.isEmpty()) {
            journaled++;
          }
          toItsEntity(request);
        }
      }
      if (past != null) {
        for (EntityInput input : drained(past)) {
          sent++;
          toItsEntity(input);
        }
      }
      for (int subtask = 0; subtask < entities.size(); subtask++) {
        TaskMailbox mailbox = entities.get(subtask).getTaskMailbox();
        for (var letter = mailbox.tryTake(TaskMailbox.MIN_PRIORITY);
            letter.isPresent();
            letter = mailbox.tryTake(TaskMailbox.MIN_PRIORITY)) {
          letter.get().run();
        }
        for (EntityAnswer answer : drained(entities.get(subtask))) {
          double[][] of = parts.get(answer.id());
          if (of != null) {
            of[answer.entity()] = answer.outputs();
          }
        }
        for (Report report : drained(entities.get(subtask), EntityOperator.REPORTS)) {
          assertThat(report.of()).isEqualTo(parallelism);
          whole.add(report.subtask());
        }
      }
    }

    private void toItsEntity(EntityInput input) throws Exception {
      operator(entities.get(owner(input.key()))).processElement(new StreamRecord<>(input));
    }

    private static <O> List<O> drained(OneInputStreamOperatorTestHarness<?, O> of) {
      List<O> values = new ArrayList<>(of.extractOutputValues());
      of.getOutput().clear();
      return values;
    }

    private static <O> List<O> drained(
        OneInputStreamOperatorTestHarness<?, ?> of, OutputTag<O> tag) {
      List<O> values = new ArrayList<>();
      var queue = of.getSideOutput(tag);
      while (queue != null && !queue.isEmpty()) {
        values.add(queue.remove().getValue());
      }
      return values;
    }

    private void out(String kind, Outgoing record) {
      unarchived.computeIfAbsent(kind, k -> new ArrayList<>()).add(record);
    }

    /** The job says that it reads the past, from the next record of the log on. */
    void prepare(long timeMs) {
      if (prepared) {
        return;
      }
      prepared = true;
      String text = Backfill.mark(ID, WANTED, MORE);
      deploy(
          Deployment.newBuilder(
                  ControlLog.activated("preparing-1", ArtefactKind.MODEL, Alias.SHADOW, "x", 1))
              .setStatus(DeploymentStatus.PREPARING)
              .setRequestId(REQUEST)
              .setFeatureSpec(text)
              .build(),
          timeMs);
    }

    /** All subtasks have said that it is whole: in force from the next record on. */
    void activateWhenWhole(long timeMs) {
      if (whole.size() == parallelism && activatedMs == 0) {
        activatedMs = timeMs;
        Deployment activated =
            Deployment.newBuilder(
                    ControlLog.activated("answer-1", ArtefactKind.MODEL, Alias.SHADOW, "x", 1))
                .setRequestId(REQUEST)
                .setFeatureSpec(Backfill.since(Backfill.mark(ID, WANTED, MORE), Long.MIN_VALUE))
                .build();
        specs.add(SpecChange.of(activated, deploy(activated, timeMs)));
      }
    }

    void refuse(long timeMs) {
      deploy(
          Deployment.newBuilder(
                  ControlLog.activated("answer-1", ArtefactKind.MODEL, Alias.SHADOW, "x", 1))
              .setStatus(DeploymentStatus.REFUSED)
              .setRequestId(REQUEST)
              .build(),
          timeMs);
    }

    /** Values that the entities keep, of all kinds. */
    int entries() throws Exception {
      int entries = 0;
      for (var subtask : entities) {
        subtask.getOperator().prepareSnapshotPreBarrier(1); // It writes what it holds back.
        entries +=
            ((KeyedOneInputStreamOperatorTestHarness<?, ?, ?>) subtask).numKeyedStateEntries();
      }
      return entries;
    }

    private LogRecord deploy(Deployment deployment, long timeMs) {
      LogRecord record =
          new io.vigil.job.source.RecordDecoder(300_000)
              .decode(Topics.CONTROL, 0, timeMs, timeMs, null, deployments.encode(deployment))
              .sequenced(timeMs, false);
      control.put(timeMs, record);
      return record;
    }

    /** Time in which the past is sent. */
    void timePasses() throws Exception {
      for (Thread thread : Thread.getAllStackTraces().keySet()) {
        if (thread.getName().equals("vigil-backfill")) {
          thread.join(5); // However fast the log goes by, its reader has a chance.
        }
      }
      nowMs += 20;
      past.setProcessingTime(nowMs);
      flow();
    }

    void checkpoint(int at) throws Exception {
      long number = ++checkpoints;
      Saved taken =
          new Saved(
              at,
              parallelism,
              snapshot(dedupe, number),
              snapshot(entities, number),
              past.snapshot(number, nowMs));
      archive();
      saved = taken;
      for (var subtask : dedupe) {
        subtask.notifyOfCompletedCheckpoint(number);
      }
      for (var subtask : entities) {
        subtask.notifyOfCompletedCheckpoint(number);
      }
      past.notifyOfCompletedCheckpoint(number);
      flow();
    }

    private <I, O> OperatorSubtaskState snapshot(
        List<OneInputStreamOperatorTestHarness<I, O>> subtasks, long number) throws Exception {
      List<OperatorSubtaskState> states = new ArrayList<>();
      for (var subtask : subtasks) {
        subtask.getOperator().prepareSnapshotPreBarrier(number);
        states.add(subtask.snapshot(number, nowMs));
      }
      flow();
      return AbstractStreamOperatorTestHarness.repackageState(
          states.toArray(OperatorSubtaskState[]::new));
    }

    /** What was made since the last checkpoint shows in the archive. */
    private void archive() throws IOException {
      Map<String, Schema> schemas =
          Map.of(
              "inputs",
              LogEntry.getClassSchema(),
              "receipts",
              Receipt.getClassSchema(),
              "dead-letters",
              DeadLetter.getClassSchema(),
              Starts.KIND,
              Start.getClassSchema());
      for (Map.Entry<String, List<Outgoing>> kind : unarchived.entrySet()) {
        Map<LocalDate, List<Outgoing>> days = new TreeMap<>();
        for (Outgoing record : kind.getValue()) {
          LocalDate day =
              LocalDate.ofEpochDay(Math.floorDiv(record.effectiveTimeMs(), 86_400_000L));
          days.computeIfAbsent(day, d -> new ArrayList<>()).add(record);
        }
        for (Map.Entry<LocalDate, List<Outgoing>> day : days.entrySet()) {
          Path file = archive.resolve(kind.getKey()).resolve("day=" + day.getKey());
          Files.createDirectories(file);
          // Some twice, as by a job that went back to an older savepoint.
          for (int copy = files % 7 == 0 ? 2 : 1; copy > 0; copy--) {
            write(schemas.get(kind.getKey()), file.resolve("part-" + files++), day.getValue());
          }
        }
      }
      unarchived.clear();
    }

    private static void write(Schema schema, Path file, List<Outgoing> records) throws IOException {
      try (DataFileWriter<Object> out = new DataFileWriter<>(new GenericDatumWriter<>())) {
        out.create(schema, Path.of(file + ".avro").toFile());
        for (Outgoing record : records) {
          byte[] value = record.value();
          out.appendEncoded(
              ByteBuffer.wrap(
                  value, SingleObject.HEADER_BYTES, value.length - SingleObject.HEADER_BYTES));
        }
      }
    }

    /** Dies, and goes on from the last checkpoint; returns where in the log that was. */
    int restore(int subtasks) throws Exception {
      kill();
      unarchived.clear();
      whole.clear();
      parts.clear();
      accepted.clear();
      start(subtasks, saved);
      return saved.at;
    }

    private void kill() throws Exception {
      for (var subtask : dedupe) {
        subtask.getOperator().close();
      }
      for (var subtask : entities) {
        subtask.getOperator().close();
      }
      past.getOperator().close();
    }

    void close() throws Exception {
      kill();
    }
  }
}
