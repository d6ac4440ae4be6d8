package io.vigil.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vigil.cli.report.SignedReport;
import io.vigil.model.approval.SigningKeys;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.drift.ReportJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vigil model report verify}: whether a report is what a key signed. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description = "Verifies a signed report, and the page that was written with it.")
final class VerifyReport implements Callable<Integer> {
  @Mixin private Console console = new Console();

  @Parameters(paramLabel = "FILE", description = "What report --out wrote, FILE.sig beside it.")
  private Path file = Path.of("");

  @Option(
      names = "--key",
      required = true,
      paramLabel = "NAME.pub",
      description = "The public key.")
  private Path key = Path.of("");

  @Option(names = "--html", paramLabel = "PAGE", description = "The page that was written with it.")
  private @Nullable Path html;

  @Override
  public Integer call() {
    PublicKey signer = KeyFiles.readPublic(key);
    JsonNode report = ArchiveOptions.checked(() -> verified(signer));
    String verdict = report.path("verdict").asText();
    String period =
        report.at("/asked/period/0").asText() + " to " + report.at("/asked/period/1").asText();
    console.out().println("signed by " + SigningKeys.id(signer) + ": " + file);
    console.out().println(period + "  " + verdict);
    console.out().flush();
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("verified", true);
    json.put("key", SigningKeys.id(signer));
    json.put("period", period);
    json.put("verdict", verdict);
    json.put("page_verified", html != null);
    console.writeJson(json);
    return 0;
  }

  private JsonNode verified(PublicKey signer) throws IOException {
    JsonNode report = new ObjectMapper().readTree(SignedReport.verified(file, signer));
    String format = report.path("format").asText();
    if (!format.equals(ReportJson.FORMAT)) {
      throw new IOException(
          "%s: expected a report of format %s, got '%s'"
              .formatted(file, ReportJson.FORMAT, format));
    }
    if (html != null) {
      String digest = Artefacts.digest(Files.readAllBytes(html));
      String signed = report.path("page_sha256").asText();
      if (!digest.equals(signed)) {
        throw new IOException(
            "%s: expected the page with SHA-256 %s, got %s"
                .formatted(html, signed.isEmpty() ? "(none was written)" : signed, digest));
      }
    }
    return report;
  }
}
