package io.vigil.cli;

import io.vigil.job.VigilOptions;
import io.vigil.job.archive.WhatIf;
import io.vigil.model.approval.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What of a history is to be other than it was, as people type it. */
final class ReplayChange {
  private static final Pattern RULES = Pattern.compile("(?m)^rules\\s*:");
  private static final Pattern SPEC = Pattern.compile("(?m)^features\\s*:");
  private static final Pattern POLICY = Pattern.compile("(?m)^thresholds\\s*:");

  @Option(
      names = "--with",
      paramLabel = "FILE",
      description =
          "Decides with this in place of what was in force: a model bundle, a rule set or a policy;"
              + " or extends the features by this spec from the beginning. May be repeated.")
  private List<Path> with = new ArrayList<>();

  WhatIf whatIf() throws IOException {
    Map<String, String> options = new TreeMap<>();
    Set<Kind> kinds = EnumSet.noneOf(Kind.class);
    StringBuilder spec = new StringBuilder();
    for (Path file : with) {
      if (!Files.exists(file)) {
        throw new CliException("--with: expected a file or a bundle's folder, got " + file);
      }
      String path = file.toAbsolutePath().toString();
      if (Files.isDirectory(file) || path.endsWith(".zip")) {
        add(options, VigilOptions.BUNDLE.key(), path);
        kinds.add(Kind.MODEL);
        continue;
      }
      String text = Files.readString(file);
      if (RULES.matcher(text).find()) {
        add(options, VigilOptions.RULES.key(), path);
        kinds.add(Kind.RULE_SET);
      } else if (POLICY.matcher(text).find()) {
        add(options, VigilOptions.POLICY.key(), path);
        kinds.add(Kind.POLICY);
      } else if (SPEC.matcher(text).find() && spec.isEmpty()) {
        spec.append(text);
      } else {
        throw new CliException(
            "--with: expected one bundle, rule set (rules:), policy (thresholds:) or feature spec"
                + " (features:), got "
                + file);
      }
    }
    return new WhatIf(options, kinds, spec.toString());
  }

  private static void add(Map<String, String> options, String key, String path) {
    if (options.put(key, path) != null) {
      throw new CliException("--with: expected one of a kind, got " + path + " beside another");
    }
  }
}
