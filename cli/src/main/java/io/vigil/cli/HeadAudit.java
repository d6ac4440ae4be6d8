package io.vigil.cli;

import io.vigil.cli.audit.Heads;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code vigil audit head}: the newest head, to be kept elsewhere. */
@Command(
    name = "head",
    mixinStandardHelpOptions = true,
    description =
        "Prints the newest signed head of an archive and nothing else: keep it where the job's"
            + " operators cannot write.")
final class HeadAudit implements Callable<Integer> {
  @Mixin private Console console = new Console();
  @Mixin private AuditOptions options = new AuditOptions();

  @Override
  public Integer call() {
    String note =
        options
            .spilling(temporary -> Heads.newest(options.archive()))
            .orElseThrow(() -> new CliException("--archive: expected a signed head, got none yet"));
    console.out().print(note);
    console.out().flush();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("note", note);
    console.writeJson(json);
    return 0;
  }
}
