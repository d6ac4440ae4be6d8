package io.vigil.cli.plan;

import io.vigil.job.feature.FactsReader;
import io.vigil.model.event.Facts;
import io.vigil.model.plan.Flips;
import io.vigil.model.plan.Gates;
import io.vigil.model.plan.GroupKey;
import io.vigil.model.plan.PlanRows;
import io.vigil.model.plan.Ruling;
import io.vigil.schema.Transaction;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Has both sides decide rows in blocks on a thread of its own, in the order in which they were
 * added. One thread adds and finishes.
 */
final class Deciding implements AutoCloseable {
  private static final int BLOCK = 1_024;
  private static final int BLOCKS_WAITING = 8;
  private static final List<String> SEGMENTS = List.of("mcc", "country", "channel");
  private static final String UNKNOWN = "unknown";
  private static final String ACCOUNT_AGE = "account_age";

  private final PlanSide champion;
  private final PlanSide candidate;
  private final FactsReader reader;
  private final List<GroupKey> keys;
  private final int fairness;
  private final PlanRows rows;
  private final FlipExamples examples = new FlipExamples();
  private final BlockingQueue<Block> waiting = new ArrayBlockingQueue<>(BLOCKS_WAITING);
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final Future<?> work;
  private Block open = new Block();
  private long cpuNs;

  /** Rows on their way from one thread to the other. */
  private static final class Block {
    private final Transaction[] transactions = new Transaction[BLOCK];
    private final float[][] vectors = new float[BLOCK][];
    private final boolean[] frauds = new boolean[BLOCK];
    private final @Nullable String[] ages = new @Nullable String[BLOCK];
    private int size;
    private boolean last;
  }

  Deciding(
      PlanSide champion, PlanSide candidate, FactsReader reader, Gates.@Nullable Fairness groups) {
    this.champion = champion;
    this.candidate = candidate;
    this.reader = reader;
    List<GroupKey> found = new ArrayList<>();
    SEGMENTS.stream().map(GroupKey::byId).filter(Objects::nonNull).forEach(found::add);
    List<String> names = new ArrayList<>(SEGMENTS);
    names.add(ACCOUNT_AGE);
    if (groups == null) {
      fairness = -1;
    } else if (names.contains(groups.groups().id())) {
      fairness = names.indexOf(groups.groups().id());
    } else {
      found.add(groups.groups());
      fairness = names.size();
      names.add(groups.groups().id());
    }
    this.keys = List.copyOf(found);
    this.rows = new PlanRows(names);
    this.work = thread.submit(this::decideAll);
  }

  /** The index of the fairness gate's groups among the dimensions; -1 without that gate. */
  int fairnessDimension() {
    return fairness;
  }

  /**
   * Adds a row; may wait for the other thread.
   *
   * @param age of the account, in words; null when nobody knows
   */
  void add(Transaction transaction, float[] vector, boolean fraud, @Nullable String age)
      throws InterruptedException {
    Block block = open;
    block.transactions[block.size] = transaction;
    block.vectors[block.size] = vector;
    block.frauds[block.size] = fraud;
    block.ages[block.size++] = age;
    if (block.size == BLOCK) {
      hand(block);
      open = new Block();
    }
  }

  private void hand(Block block) throws InterruptedException {
    while (!waiting.offer(block, 1, TimeUnit.SECONDS)) {
      if (work.isDone()) {
        outcome();
        throw new IllegalStateException("the deciding thread ended before its rows");
      }
    }
  }

  /** Waits for all rows. */
  PlanRows finish() throws InterruptedException {
    open.last = true;
    hand(open);
    outcome();
    return rows;
  }

  /** What the other thread failed with, if it did. */
  private void outcome() throws InterruptedException {
    try {
      work.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("rows could not be decided", e);
    }
  }

  /** Processor time that deciding took, once it is finished. */
  long cpuNs() {
    return cpuNs;
  }

  /** Flips with their reasons, once it is finished. */
  List<Flips.Example> examples() {
    return examples.told(champion, candidate, reader);
  }

  private void decideAll() {
    try {
      boolean last = false;
      while (!last) {
        Block block = waiting.take();
        last = block.last;
        if (block.size > 0) {
          decide(block);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    cpuNs = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void decide(Block block) {
    float[][] ofChampion = own(champion, block);
    float[][] ofCandidate = own(candidate, block);
    float[] before = new float[block.size];
    champion.score(ofChampion, block.size, before);
    float[] after = before;
    if (!candidate.sameModel(champion)) {
      after = new float[block.size];
      candidate.score(ofCandidate, block.size, after);
    }
    boolean same = candidate.same(champion);
    for (int i = 0; i < block.size; i++) {
      Transaction transaction = block.transactions[i];
      Facts facts = reader.read(transaction);
      Ruling was = champion.ruling(facts, ofChampion[i], before[i]);
      Ruling is = same ? was : candidate.ruling(facts, ofCandidate[i], after[i]);
      rows.add(
          transaction.getEventTime(),
          transaction.getAccount(),
          facts.amountMinor(),
          block.frauds[i],
          values(facts, block.ages[i]),
          was,
          is);
      examples.add(transaction, facts.amountMinor(), block.frauds[i], block.vectors[i], was, is);
    }
  }

  private static float[][] own(PlanSide side, Block block) {
    return Stream.of(block.vectors).limit(block.size).map(side::own).toArray(float[][]::new);
  }

  /** By dimension: segments, the account's age, and the group when there are groups. */
  private @Nullable String[] values(Facts facts, @Nullable String age) {
    @Nullable String[] values = new @Nullable String[rows.dimensionCount()];
    for (int i = 0; i < SEGMENTS.size(); i++) {
      String value = keys.get(i).of(facts);
      values[i] = UNKNOWN.equals(value) ? null : value;
    }
    values[SEGMENTS.size()] = age;
    if (fairness > SEGMENTS.size()) {
      values[fairness] = keys.get(SEGMENTS.size()).of(facts);
    }
    return values;
  }

  @Override
  public void close() {
    thread.shutdownNow();
    try {
      // Models must not be freed under a thread that is inside them.
      if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("the deciding thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
