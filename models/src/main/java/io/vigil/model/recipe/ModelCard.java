package io.vigil.model.recipe;

import io.vigil.model.recipe.RecipeTrainer.Part;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;

/** What a reader of a bundle should know. */
final class ModelCard {
  private ModelCard() {}

  static String text(
      String name,
      int version,
      Recipe recipe,
      Map<String, Part> parts,
      SortedMap<String, Double> weights,
      SortedMap<String, String> provenance,
      int rows,
      int frauds,
      Trained.Holdout holdout) {
    StringBuilder card = new StringBuilder();
    line(card, "# %s, version %d", name, version);
    line(card, "");
    line(card, "Made by the recipe %s.", recipe.name());
    if (parts.size() > 1) {
      StringJoiner weighed = new StringJoiner(", ");
      weights.forEach(
          (part, weight) -> weighed.add(String.format(Locale.ROOT, "%s x %.3f", part, weight)));
      line(card, "The sum of its parts' calibrated logits: %s.", weighed);
    }
    line(card, "");
    line(card, "| part | what | epochs or trees |");
    line(card, "|---|---|---|");
    parts.forEach(
        (part, made) ->
            line(
                card,
                "| %s | %s | %d |",
                part,
                made.fitted().description(),
                made.fitted().epochs()));
    line(card, "");
    line(card, "## Data");
    line(card, "");
    provenance.forEach((key, value) -> line(card, "- %s: %s", key.replace('_', ' '), value));
    line(card, "- learnt from: %,d rows, %,d of them frauds", rows, frauds);
    if (recipe.labelShare() < 1) {
      line(card, "- labels looked at: %s of the rows", recipe.labelShare());
    }
    line(card, "");
    line(card, "## On the last part of the data, before it was learnt from");
    line(card, "");
    line(card, "| | |");
    line(card, "|---|---|");
    line(card, "| rows | %,d |", holdout.rows());
    line(card, "| frauds | %,d |", holdout.frauds());
    if (Double.isNaN(holdout.averagePrecision())) {
      line(card, "");
      line(
          card,
          "Nothing here says how it ranks, and it is not calibrated: its probabilities mean nothing."
              + " It is for other models to begin with.");
    } else {
      line(card, "| average precision | %.4f |", holdout.averagePrecision());
      line(card, "| area under the ROC curve | %.4f |", holdout.rocAuc());
      line(card, "");
      double share = holdout.frauds() / (double) holdout.rows();
      line(card, "The share of frauds, which is the average precision of chance, is %.5f.", share);
    }
    line(card, "");
    line(card, "## Limits");
    line(card, "");
    line(
        card,
        "- The same rows also chose when to stop and fitted the calibration, so these figures are"
            + " somewhat kind to the model; `vigil evaluate` judges a recipe on rows it never met.");
    line(
        card,
        "- Probabilities hold for the share of frauds seen here; where it differs, calibrate anew.");
    line(card, "- Frauds that nobody reported count as genuine, here as in the stream.");
    line(
        card,
        "- Reasons add up to the logit, not to the probability, and say what moved the model, not"
            + " what is true.");
    return card.toString();
  }

  private static void line(StringBuilder card, String format, Object... values) {
    card.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
