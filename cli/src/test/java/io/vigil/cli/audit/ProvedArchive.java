package io.vigil.cli.audit;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A small archive of a job with its proof, for tests of the command line. */
public final class ProvedArchive {
  public static final String ORIGIN = ProvedJob.ORIGIN;
  private static final ProvedJob JOB = new ProvedJob(7, 400, 40_000);

  private ProvedArchive() {}

  /** Runs the job. */
  public static void write(Path archive, Path key) throws Exception {
    JOB.run(archive, key, "default", 1);
  }

  /**
   * Runs a job of another size.
   *
   * @param count records
   * @param apartMs between two, at most
   */
  public static void write(Path archive, Path key, int count, int apartMs) throws Exception {
    new ProvedJob(7, count, apartMs).run(archive, key, "default", 1);
  }

  /** Count and sum of what was sent, by {@code feed,day,currency}. */
  public static Map<String, long[]> sent() {
    return JOB.sent();
  }

  /** What the verifier that shares no code says of a package. */
  public static List<String> findings(Path packed, String key, Path classes) throws Exception {
    return new TinyVerifier(classes).verify(packed, key, List.of());
  }
}
