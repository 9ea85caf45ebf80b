/* Writes one table of trades, as CSV lines give it, in every way that parquet-java writes it: WriteFiles TRADES.csv FOLDER. */

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ParquetProperties.WriterVersion;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type.Repetition;
import org.apache.parquet.schema.Types;

public final class WriteFiles {
    private static MessageType schema(Repetition repetition, boolean hasTimestamp) {
        return Types.buildMessage()
            .primitive(PrimitiveTypeName.BINARY, Repetition.OPTIONAL)
            .as(LogicalTypeAnnotation.stringType()).named("note")
            .primitive(PrimitiveTypeName.INT64, repetition).named("agg_trade_id")
            .primitive(PrimitiveTypeName.DOUBLE, repetition).named("price")
            .primitive(PrimitiveTypeName.DOUBLE, repetition).named("quantity")
            .primitive(PrimitiveTypeName.INT64, repetition)
            .as(hasTimestamp ? LogicalTypeAnnotation.timestampType(true, TimeUnit.MILLIS) : null)
            .named("transact_time")
            .primitive(PrimitiveTypeName.BOOLEAN, repetition).named("is_buyer_maker")
            .named("trades");
    }

    /* An empty field is a null, and one column is missing in every third row whatever the trades are. */
    private static void write(List<String> lines, Path path, MessageType schema, WriterVersion version,
                              CompressionCodecName codec, boolean hasDictionary, boolean isSplit) throws Exception {
        Files.createDirectories(path.getParent());
        ExampleParquetWriter.Builder builder = ExampleParquetWriter.builder(new LocalOutputFile(path))
            .withConf(new Configuration(false)).withType(schema).withWriterVersion(version)
            .withCompressionCodec(codec).withDictionaryEncoding(hasDictionary).withByteStreamSplitEncoding(isSplit)
            .withPageSize(4000).withPageRowCountLimit(700).withRowGroupSize(60_000L)
            .withPageWriteChecksumEnabled(hasDictionary);
        SimpleGroupFactory factory = new SimpleGroupFactory(schema);
        try (ParquetWriter<Group> writer = builder.build()) {
            for (int i = 0; i < lines.size(); i++) {
                String[] fields = lines.get(i).split(",", -1);
                Group group = factory.newGroup();
                if (i % 3 != 0)
                    group.append("note", "trade " + i);
                if (!fields[0].isEmpty())
                    group.append("agg_trade_id", Long.parseLong(fields[0]));
                if (!fields[1].isEmpty())
                    group.append("price", Double.parseDouble(fields[1]));
                if (!fields[2].isEmpty())
                    group.append("quantity", Double.parseDouble(fields[2]));
                if (!fields[3].isEmpty())
                    group.append("transact_time", Long.parseLong(fields[3]));
                if (!fields[4].isEmpty())
                    group.append("is_buyer_maker", Boolean.parseBoolean(fields[4]));
                writer.write(group);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<String> lines = Files.readAllLines(Path.of(arguments[0]));
        boolean hasNulls = lines.stream().anyMatch(line -> line.contains(",,") || line.startsWith(",") || line.endsWith(","));
        CompressionCodecName[] codecs = {CompressionCodecName.UNCOMPRESSED, CompressionCodecName.SNAPPY, CompressionCodecName.GZIP,
                                         CompressionCodecName.ZSTD, CompressionCodecName.LZ4_RAW};
        for (WriterVersion version : WriterVersion.values())
            for (CompressionCodecName codec : codecs)
                for (boolean hasDictionary : new boolean[] {false, true})
                    for (Repetition repetition : new Repetition[] {Repetition.REQUIRED, Repetition.OPTIONAL})
                        for (boolean isSplit : new boolean[] {false, true}) {
                            if (hasNulls && repetition == Repetition.REQUIRED || isSplit && hasDictionary)
                                continue;
                            String symbol = String.join("-", version == WriterVersion.PARQUET_1_0 ? "V1" : "V2",
                                codec.name().replace("_", ""), hasDictionary ? "DICTIONARY" : isSplit ? "SPLIT" : "PLAIN",
                                repetition == Repetition.REQUIRED ? "REQ" : "OPT");
                            write(lines, Path.of(arguments[1].replace("SYMBOL", symbol)),
                                  schema(repetition, codec == CompressionCodecName.ZSTD), version, codec, hasDictionary, isSplit);
                        }
    }
}
