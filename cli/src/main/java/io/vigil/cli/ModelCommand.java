package io.vigil.cli;

import io.vigil.model.artefact.ArtefactException;
import io.vigil.model.bundle.Bundle;
import io.vigil.model.bundle.BundleException;
import io.vigil.model.bundle.Manifest;
import io.vigil.model.feature.SpecException;
import io.vigil.model.score.ScoringException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code vigil model}: model bundles. */
@Command(
    name = "model",
    mixinStandardHelpOptions = true,
    description = "Packages, verifies, shows and compares models; plans and requests changes.",
    subcommands = {
      PackageModel.class,
      ValidateModel.class,
      ShowModel.class,
      CardOfModel.class,
      DiffModels.class,
      PlanModel.class,
      RequestModel.class,
      SignRequest.class,
      CheckRequest.class,
      ApplyRequest.class,
      ReviewGlass.class,
      ListDeployments.class,
      DeploymentHistory.class,
      ReportModel.class
    })
final class ModelCommand implements Runnable {

  @Spec private @Nullable CommandSpec command;

  @Override
  public void run() {
    CommandSpec given = command;
    if (given != null) {
      throw new ParameterException(
          given.commandLine(),
          "expected package, validate, show, card, diff, plan, request, sign, check, apply, review, list,"
              + " history or report");
    }
  }

  /** Runs a part whose failure is the model's, and says so in one line. */
  static <T> T checked(Supplier<T> part) {
    try {
      return part.get();
    } catch (BundleException
        | ScoringException
        | SpecException
        | ArtefactException
        | IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()), e);
    }
  }

  /** What the JSON of every command says of a bundle. */
  static Map<String, Object> json(Bundle bundle) {
    Manifest manifest = bundle.manifest();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", manifest.name());
    json.put("version", manifest.version());
    json.put("sha256", bundle.digest());
    json.put("engine", manifest.engine());
    return json;
  }
}
