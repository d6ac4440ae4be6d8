package io.vigil.cli.train;

import io.vigil.cli.simulate.SimulatedTransaction;
import io.vigil.cli.simulate.Simulator;
import io.vigil.cli.simulate.SimulatorOptions;
import io.vigil.job.feature.FactsReader;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.feature.FeaturePlan;
import io.vigil.model.feature.FeatureSpec;
import io.vigil.model.policy.Rates;
import io.vigil.model.torch.TrainedModel;
import io.vigil.model.torch.Trainer;
import io.vigil.model.torch.TrainingSet;
import io.vigil.schema.Label;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Makes the bundle that comes with Vigil: the default spec over a simulated stream with its own
 * seed, learnt from the labels that were reported. Same code, same bytes (on one engine class).
 */
@Command(
    name = "train-default",
    mixinStandardHelpOptions = true,
    hidden = true,
    description = "Makes the built-in model bundle anew from the simulator's stream.")
public final class DefaultBundle implements Callable<Integer> {
  /** Not the demo's: the demo must be no training data. */
  private static final long SEED = 20_260_101;

  @Option(names = "--transactions", defaultValue = "600000", description = "Rows to learn from.")
  private int transactions;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The bundle's folder.")
  private Path out = Path.of(".");

  @Override
  @SuppressWarnings("SystemOut")
  public Integer call() {
    String yaml = Artefacts.builtIn("specs/default.yaml");
    FeatureSpec spec = FeatureSpec.read(yaml, "default.yaml");
    FeaturePlan plan = FeaturePlan.compile(spec);
    OfflineFeatures features = new OfflineFeatures(plan, new FactsReader(Rates.builtIn()));
    PriorityQueue<Label> pending =
        new PriorityQueue<>(
            Comparator.comparingLong(Label::getLabelTime).thenComparing(Label::getLabelId));
    float[][] vectors = new float[transactions][];
    boolean[] frauds = new boolean[transactions];
    Simulator simulator = new Simulator(SimulatorOptions.of(SEED, transactions));
    for (int i = 0; i < transactions; i++) {
      SimulatedTransaction next = simulator.next();
      long nowMs = next.transaction().getEventTime();
      Label due;
      while ((due = pending.peek()) != null && due.getLabelTime() <= nowMs) {
        features.label(pending.remove());
      }
      vectors[i] = features.transaction(next.transaction());
      frauds[i] = next.label() != null;
      if (next.label() != null) {
        pending.add(next.label());
      }
    }
    TrainedModel trained =
        Trainer.train(
            new TrainingSet(plan.names(), vectors, frauds),
            Trainer.Options.DEFAULT,
            epoch ->
                System.out.printf(
                    "epoch %d: loss %.5f, average precision %.4f%n",
                    epoch.number(), epoch.loss(), epoch.averagePrecision()));
    trained
        .bundle(
            "default",
            2,
            yaml,
            "Vigil's simulator, seed "
                + SEED
                + ", "
                + transactions
                + " transactions; frauds as their victims reported them, the unreported count as genuine. "
                + "A synthetic stream: train on your own history before you rely on a score.")
        .copyTo(out);
    System.out.println(trained.report());
    System.out.println("inputs " + List.copyOf(plan.names()).size() + ", bundle in " + out);
    return 0;
  }
}
