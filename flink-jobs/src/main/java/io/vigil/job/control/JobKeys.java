package io.vigil.job.control;

import io.vigil.model.approval.SigningKeys;
import io.vigil.schema.Deployment;
import io.vigil.schema.DeploymentStatus;
import io.vigil.schema.Signature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.flink.core.fs.FSDataInputStream;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.jspecify.annotations.Nullable;

/**
 * The public keys of the job, today's and those of before: an answer that none of them has signed
 * is not obeyed. A function of record and options alone, so that all subtasks, restores and replays
 * come to the same. Immutable and thread-safe.
 *
 * <p>The job signs every field of its answer, those of later versions too; its signature stands
 * last, behind those of the persons who approved the request.
 */
public final class JobKeys implements Serializable {
  private static final long serialVersionUID = 1L;

  /** None: every answer is obeyed, whoever wrote it. */
  public static final JobKeys NONE = new JobKeys(Map.of());

  /** How the ids of answers begin, and no others. */
  public static final String ANSWER = "answer-";

  /** How the ids of records that prepare begin, and no others. */
  public static final String PREPARING = "preparing-";

  private static final String DOMAIN = "vigil-answer-1";

  /** A key in PEM has 120. */
  private static final int KEY_BYTES_MAX = 4_096;

  private final Map<String, PublicKey> byId;

  private JobKeys(Map<String, PublicKey> byId) {
    this.byId = byId;
  }

  /**
   * Those of the option.
   *
   * @param keys each base64 of 32 bytes or of a SubjectPublicKeyInfo
   * @throws IllegalArgumentException when one is something else
   */
  public static JobKeys of(List<String> keys) {
    Map<String, PublicKey> byId = new TreeMap<>();
    for (String text : keys) {
      PublicKey key = SigningKeys.readPublic(text);
      byId.put(SigningKeys.id(key), key);
    }
    return new JobKeys(byId);
  }

  /** Whether there are none. */
  public boolean none() {
    return byId.isEmpty();
  }

  /**
   * Why a record of the control topic must not be obeyed; null when it may be.
   *
   * <p>A request needs no signature of the job, but must not have the id of an answer or a return:
   * the true one would pass for its duplicate.
   */
  public @Nullable String refusal(Deployment record) {
    if (none()) {
      return null;
    }
    if (record.getStatus() == DeploymentStatus.REQUESTED) {
      String id = record.getDeploymentId();
      return id.startsWith(ANSWER)
              || id.startsWith(PREPARING)
              || id.startsWith(WatchOperator.RETURN)
          ? "deployment id: expected none that begins as those of answers, got one"
          : null;
    }
    List<Signature> signatures = record.getSignatures();
    int before = signatures.size() - 1;
    PublicKey key = before < 0 ? null : byId.get(signatures.get(before).getKeyId());
    if (key == null) {
      return "signature: expected the last by a key of vigil.control.job-keys, "
          + String.join(", ", byId.keySet())
          + (before < 0 ? ", got none" : ", got one by another");
    }
    byte[] bytes = bytes(signatures.get(before).getSignature());
    return SigningKeys.signed(key, statement(record, signatures.subList(0, before)), bytes)
        ? null
        : "signature: expected what the job signed with its key "
            + SigningKeys.id(key)
            + ", got a record that was altered since";
  }

  /** The job's private key, with which of these it is a pair. */
  record Signer(String keyId, PrivateKey key) {
    /** The answer with the job's signature behind the others. */
    Deployment sign(Deployment answer) {
      List<Signature> signatures = new ArrayList<>(answer.getSignatures());
      byte[] bytes = SigningKeys.sign(key, statement(answer, signatures));
      signatures.add(new Signature(keyId, ByteBuffer.wrap(bytes)));
      return Deployment.newBuilder(answer).setSignatures(signatures).build();
    }
  }

  /**
   * Who signs.
   *
   * @param keyFile a URI; null for nobody
   * @throws IllegalArgumentException when it holds no private key, or a pair with none of these
   */
  @Nullable Signer signerOf(@Nullable String keyFile) throws IOException {
    if (keyFile == null) {
      return null;
    }
    Path path = new Path(keyFile);
    try (FSDataInputStream in = FileSystem.get(path.toUri()).open(path)) {
      return signer(new String(in.readNBytes(KEY_BYTES_MAX), StandardCharsets.US_ASCII));
    }
  }

  /**
   * Who signs.
   *
   * @param pem of the job's private key
   * @throws IllegalArgumentException when it is none, or a pair with none of these
   */
  Signer signer(String pem) {
    PrivateKey secret = SigningKeys.readPrivate(pem);
    for (Map.Entry<String, PublicKey> each : byId.entrySet()) {
      if (SigningKeys.pair(secret, each.getValue())) {
        return new Signer(each.getKey(), secret);
      }
    }
    throw new IllegalArgumentException(
        "vigil.control.job-keys: expected the public key of vigil.control.job-key among them, got "
            + String.join(", ", byId.keySet()));
  }

  /**
   * What is signed: every field but those at their defaults, by name and value, each behind its
   * length. A field that a later version adds leaves earlier statements as they were.
   */
  static byte[] statement(Deployment record, List<Signature> signatures) {
    Deployment signed = Deployment.newBuilder(record).setSignatures(signatures).build();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    field(out, DOMAIN.getBytes(StandardCharsets.US_ASCII));
    SpecificData data = signed.getSpecificData();
    for (Schema.Field each : signed.getSchema().getFields()) {
      Object value = signed.get(each.pos());
      boolean said =
          !each.hasDefaultValue()
              || data.compare(value, data.getDefaultValue(each), each.schema()) != 0;
      if (said) {
        field(out, each.name().getBytes(StandardCharsets.US_ASCII));
        field(out, encoded(each.schema(), value));
      }
    }
    return out.toByteArray();
  }

  private static byte[] encoded(Schema schema, Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    try {
      new SpecificDatumWriter<>(schema).write(value, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static void field(ByteArrayOutputStream out, byte[] bytes) {
    out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
    out.writeBytes(bytes);
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
