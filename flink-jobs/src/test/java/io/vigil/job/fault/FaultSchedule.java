package io.vigil.job.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.vigil.job.ControlLog;
import io.vigil.job.TestLog;
import io.vigil.job.Topics;
import io.vigil.job.fault.SimulatedJob.Checkpoint;
import io.vigil.job.fault.SimulatedJob.Plant;
import io.vigil.job.fault.SimulatedTask.Channel;
import io.vigil.job.record.LogRecord;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.Event;
import io.vigil.schema.Label;
import io.vigil.schema.LabelValue;
import io.vigil.schema.Profile;
import io.vigil.schema.Transaction;
import io.vigil.schema.codec.Codec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A stream and what befalls the job that reads it, all of it from one seed: late records, repeats,
 * conflicts, rubbish, requests; unfair scheduling, partitions that cannot be read for a while,
 * checkpoints that fail, kills at any step, restores with another number of subtasks.
 */
final class FaultSchedule {
  private static final long START_MS = 1_767_225_600_000L;
  private static final int SUBTASKS_MAX = 4;

  /** Of a thousand steps. */
  private static final int APPENDS = 100;

  /** Transactions before both tokens come, and before the new ones come alone. */
  private static final int KEY_CHANGES_AFTER = 50;

  private static final int KEY_CHANGED_AFTER = 110;

  private static final int TICKS = 20;
  private static final int CHECKPOINTS = 12;
  private static final int STALLS = 6;
  private static final int KILLS = 2;

  private static final int QUIET_ROUNDS = 4;
  private static final int ROUNDS_MAX = 1_000;

  private final Stage stage;
  private final Plant plant;
  private final Random random;
  private final SimulatedLog log = new SimulatedLog();
  private final long[] nowMs = {START_MS};
  private final List<Transaction> sent = new ArrayList<>();
  private final Set<String> requests = new HashSet<>();
  private final Codec<Transaction> transactions = Codec.of(Transaction.class);
  private final Codec<Label> labels = Codec.of(Label.class);
  private final Codec<Event> events = Codec.of(Event.class);
  private final Codec<Profile> profiles = Codec.of(Profile.class);
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final boolean[] stalled = new boolean[SimulatedLog.PARTITIONS];
  private final List<Channel> ready = new ArrayList<>();
  private @Nullable SimulatedTask slow;
  private @Nullable Checkpoint last;
  private SimulatedJob job;
  private int kills;
  private int restores;
  private int failedCheckpoints;

  /** What is on the stage of every schedule: artefacts, and the models that are asked for. */
  interface Stage {
    SimulatedJob job(
        SimulatedLog log,
        boolean live,
        int parallelism,
        long[] nowMs,
        Plant plant,
        @Nullable Checkpoint from)
        throws Exception;

    List<Bundle> models();
  }

  FaultSchedule(Stage stage, long seed, Plant plant) throws Exception {
    this.stage = stage;
    this.plant = plant;
    this.random = new Random(seed);
    this.job = stage.job(log, true, 1 + random.nextInt(SUBTASKS_MAX), nowMs, plant, null);
  }

  /** Runs until a stream of so many records is decided; the log then holds all that happened. */
  SimulatedLog run(int records) throws Exception {
    try {
      int appended = 0;
      while (appended < records) {
        appended += disturbed();
      }
      // Answers stand in the log again, and may let others be answered.
      int quiet = 0;
      for (int round = 0; quiet < QUIET_ROUNDS; round++) {
        assertThat(round).as("rounds until nothing more is written").isLessThan(ROUNDS_MAX);
        long answers = answers();
        nowMs[0] += 5_000;
        log.tick(nowMs[0]);
        undisturbed();
        quiet = answers() == answers ? quiet + 1 : 0;
      }
      return log;
    } finally {
      job.kill();
    }
  }

  private long answers() {
    return log.written().stream().filter(r -> r.topic().equals(Topics.CONTROL)).count();
  }

  /** Ids of the requests that were made. */
  Set<String> requests() {
    return requests;
  }

  int kills() {
    return kills;
  }

  /** Of the kills those after which a checkpoint was there to go on from. */
  int restores() {
    return restores;
  }

  int failedCheckpoints() {
    return failedCheckpoints;
  }

  /** Runs a job that reads a log to its end and is left in peace. */
  static void undisturbed(SimulatedJob job, long[] nowMs) throws Exception {
    List<Channel> ready = new ArrayList<>();
    boolean more = true;
    while (more) {
      more = false;
      for (int partition = 0; partition < SimulatedLog.PARTITIONS; partition++) {
        if (job.hasNext(partition)) {
          job.read(partition, true);
          more = true;
        }
      }
      do {
        ready.clear();
        job.ready(ready);
        for (Channel channel : ready) {
          if (channel.isReady()) {
            channel.to().step(channel);
            more = true;
          }
        }
      } while (!ready.isEmpty());
      job.write();
      nowMs[0]++;
      job.timePasses();
    }
  }

  private void undisturbed() throws Exception {
    finishCheckpoint();
    undisturbed(job, nowMs);
  }

  /** A barrier that is on its way blocks what it has reached until the others have come. */
  private void finishCheckpoint() throws Exception {
    for (int source = 0; source < job.parallelism(); source++) {
      job.barrier(source);
    }
  }

  private int disturbed() throws Exception {
    int dice = random.nextInt(1_000);
    if ((dice -= APPENDS) < 0) {
      append();
      return 1;
    }
    if ((dice -= TICKS) < 0) {
      nowMs[0] += random.nextInt(1_000);
      log.tick(nowMs[0]);
      job.timePasses();
    } else if ((dice -= CHECKPOINTS) < 0) {
      job.beginCheckpoint();
    } else if ((dice -= STALLS) < 0) {
      int partition = random.nextInt(SimulatedLog.PARTITIONS);
      stalled[partition] = !stalled[partition];
    } else if ((dice -= KILLS) < 0) {
      kill();
    } else {
      step();
    }
    return 0;
  }

  private void kill() throws Exception {
    if (random.nextBoolean()) {
      job.write(); // What was sent may have arrived.
    }
    job.kill();
    kills++;
    restores += last == null ? 0 : 1;
    nowMs[0] += random.nextInt(20_000);
    slow = null;
    job = stage.job(log, true, 1 + random.nextInt(SUBTASKS_MAX), nowMs, plant, last);
  }

  private void step() throws Exception {
    if (random.nextInt(8) == 0) {
      job.barrier(random.nextInt(job.parallelism()));
    }
    if (random.nextInt(4) == 0) {
      int partition = random.nextInt(SimulatedLog.PARTITIONS);
      if (!stalled[partition] && job.hasNext(partition)) {
        job.read(partition, random.nextInt(3) == 0);
        return;
      }
    }
    ready.clear();
    job.ready(ready);
    if (ready.isEmpty()) {
      return;
    }
    if (random.nextInt(200) == 0) {
      slow = ready.get(random.nextInt(ready.size())).to();
    }
    // In bursts, so that some are far ahead of others.
    for (int burst = 1 + random.nextInt(12); burst > 0; burst--) {
      Channel channel = ready.get(random.nextInt(ready.size()));
      if (channel.isReady() && (channel.to() != slow || random.nextInt(20) == 0)) {
        channel.to().step(channel);
      }
    }
    if (random.nextInt(5) == 0) {
      job.write();
    }
    Checkpoint completed = job.completed();
    if (completed != null) {
      if (random.nextInt(4) == 0) {
        failedCheckpoints++; // As when the disk is full.
      } else {
        last = completed;
      }
    }
  }

  private void append() {
    nowMs[0] += random.nextInt(4) == 0 ? 0 : random.nextInt(20_000);
    long now = nowMs[0];
    int kind = random.nextInt(100);
    if (kind < 6 && !sent.isEmpty()) {
      Transaction again = Transaction.newBuilder(sent.get(random.nextInt(sent.size()))).build();
      if (random.nextInt(3) == 0) {
        again.setAmountMinor(again.getAmountMinor() + 1);
      }
      append(phased(again));
    } else if (kind < 8) {
      byte[] rubbish = new byte[random.nextInt(40)];
      random.nextBytes(rubbish);
      log.append(random.nextInt(SimulatedLog.PARTITIONS), now, rubbish);
    } else if (kind < 16 && !sent.isEmpty()) {
      Transaction of = sent.get(random.nextInt(sent.size()));
      LabelValue value = LabelValue.values()[random.nextInt(3)];
      String id = "l" + random.nextInt(1_000);
      byte[] label = labels.encode(TestLog.label(phased(of), id, value, now));
      log.append(SimulatedLog.LABELS, now, label);
    } else if (kind < 19) {
      request(now);
    } else if (kind < 26) {
      Event event = TestLog.event(random, "e" + random.nextInt(1_000), eventMs(now));
      log.append(SimulatedLog.EVENTS, now, events.encode(event));
    } else if (kind < 31) {
      Profile profile = TestLog.profile(random, "p" + random.nextInt(1_000), eventMs(now));
      log.append(SimulatedLog.PROFILES, now, profiles.encode(profile));
    } else {
      Transaction made = TestLog.transaction(random, Integer.toString(sent.size()), eventMs(now));
      sent.add(made);
      append(phased(made));
    }
  }

  /** The key of tokens is changed in the midst: both tokens for a while, then the new one alone. */
  private Transaction phased(Transaction transaction) {
    String card = transaction.getCard();
    if (card == null || sent.size() < KEY_CHANGES_AFTER) {
      return transaction;
    }
    String next = "f".repeat(40) + card.substring(40);
    Transaction.Builder phased = Transaction.newBuilder(transaction);
    return sent.size() < KEY_CHANGED_AFTER
        ? phased.setNextTokens(Map.of("card", next)).build()
        : phased.setCard(next).build();
  }

  /** Some come late. */
  private long eventMs(long now) {
    return random.nextInt(8) == 0 ? now - random.nextInt(3_600_000) : now;
  }

  private void append(Transaction transaction) {
    int partition =
        Math.floorMod(transaction.getAccount().hashCode(), SimulatedLog.TRANSACTION_PARTITIONS);
    LogRecord record = log.append(partition, nowMs[0], transactions.encode(transaction));
    assertThat(record.rejection()).isNull();
  }

  private void request(long now) {
    Bundle model = stage.models().get(random.nextInt(stage.models().size()));
    Alias alias = List.of(Alias.CHAMPION, Alias.CHALLENGER, Alias.SHADOW).get(random.nextInt(3));
    String id = "r" + requests.size();
    Deployment request =
        ControlLog.requested(
            id,
            ArtefactKind.MODEL,
            alias,
            model.manifest().name(),
            Integer.toString(model.manifest().version()),
            model.digest());
    if (alias != Alias.CHAMPION) {
      boolean ends = random.nextInt(3) == 0;
      request.setShareBasisPoints(ends ? 0 : alias == Alias.SHADOW ? 10_000 : 4_000);
    }
    requests.add(id);
    log.append(SimulatedLog.CONTROL, now, deployments.encode(request));
  }
}
