package io.vigil.job;

import io.vigil.job.control.Registry;
import io.vigil.job.record.LogRecord;
import io.vigil.job.source.RecordDecoder;
import io.vigil.model.approval.Kind;
import io.vigil.model.artefact.Artefacts;
import io.vigil.model.bundle.Bundle;
import io.vigil.schema.Alias;
import io.vigil.schema.ArtefactKind;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Tick;
import io.vigil.schema.codec.Codec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A partition of the control topic as a broker would hold it, and a registry beside it. */
public final class ControlLog {
  private final List<LogRecord> records = new ArrayList<>();
  private final Codec<Deployment> deployments = Codec.of(Deployment.class);
  private final RecordDecoder decoder = new RecordDecoder(300_000);

  /** The partition so far. */
  public List<LogRecord> records() {
    return records;
  }

  /** Time passes: the clock is at least that. */
  public void tick(long clockMs) {
    append(clockMs + 251, Codec.of(Tick.class).encode(new Tick(clockMs, "test")));
  }

  /** A deployment. */
  public LogRecord append(Deployment deployment) {
    return append(0, deployments.encode(deployment));
  }

  private LogRecord append(long appendMs, byte[] value) {
    LogRecord record = decoder.decode(Topics.CONTROL, 0, records.size(), appendMs, null, value);
    records.add(record);
    return record;
  }

  /** An answer that puts an artefact in force from where it stands. */
  public static Deployment activated(
      String id, ArtefactKind kind, Alias alias, String digest, int share) {
    return deployment(id, DeploymentStatus.ACTIVATED, kind, alias, "artefact", "1", digest, share)
        .setRequestId("request-" + id)
        .build();
  }

  /** A request. */
  public static Deployment requested(
      String id, ArtefactKind kind, Alias alias, String name, String version, String digest) {
    return deployment(id, DeploymentStatus.REQUESTED, kind, alias, name, version, digest, 0)
        .build();
  }

  private static Deployment.Builder deployment(
      String id,
      DeploymentStatus status,
      ArtefactKind kind,
      Alias alias,
      String name,
      String version,
      String digest,
      int share) {
    return Deployment.newBuilder()
        .setDeploymentId(id)
        .setStatus(status)
        .setKind(kind)
        .setAlias(alias)
        .setName(name)
        .setVersion(version)
        .setDigest(digest)
        .setEffectiveAt(0)
        .setShareBasisPoints(share);
  }

  /** Puts a bundle into a registry. */
  public static Bundle put(Path registry, Bundle bundle) throws IOException {
    Path file = registry.resolve(Registry.location(Kind.MODEL, bundle.digest()));
    Files.createDirectories(file.getParent());
    bundle.zipTo(file);
    return bundle;
  }

  /** Puts a text into a registry; returns its digest. */
  public static String put(Path registry, Kind kind, String text) throws IOException {
    String digest = Artefacts.digest(text);
    Path file = registry.resolve(Registry.location(kind, digest));
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return digest;
  }
}
