//! A day's work with rskafka, a client in Rust alone. Usage: daily-work HOST:PORT PREFIX
//!
//! It knows partitions, topics and records, always asks for all acknowledgements, and has no groups.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, SystemTime};

use rskafka::chrono::{DateTime, Utc};
use rskafka::client::controller::ControllerClient;
use rskafka::client::error::{Error as KafkaError, ProtocolError};
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::{Record, RecordAndOffset};

const PATIENCE: Duration = Duration::from_secs(30);
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn expect(holds: bool, why: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(why().into()) }
}

/// Now, in the whole milliseconds that Kafka knows.
fn now() -> DateTime<Utc> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970");
    DateTime::from_timestamp_millis(since.as_millis() as i64).expect("a year that chrono knows")
}

fn record(key: Option<&[u8]>, value: Option<Vec<u8>>) -> Record {
    Record {
        key: key.map(Vec::from),
        value,
        headers: BTreeMap::new(),
        timestamp: now(),
    }
}

fn blob(size: usize, seed: u64) -> Vec<u8> {
    let mut dice = seed.wrapping_mul(6364136223846793005).wrapping_add(7);
    let mut next = || {
        dice = dice.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        b'a' + (dice >> 60) as u8
    };
    (0..size).map(|_| next()).collect()
}

fn records(count: u64, size: usize) -> Vec<Record> {
    let key = |i: u64| format!("key-{i}").into_bytes();
    (0..count).map(|i| record(Some(&key(i)), Some(blob(size, i)))).collect()
}

/// Whether a call failed with the broker's error.
fn refused<T>(answer: Result<T, KafkaError>, wanted: ProtocolError) -> Outcome {
    match answer {
        Err(KafkaError::ServerError { protocol_error, .. }) if protocol_error == wanted => Ok(()),
        Err(error) => Err(format!("it gave {error}, not {wanted:?}").into()),
        Ok(_) => Err(format!("it was accepted, instead of {wanted:?}").into()),
    }
}

struct Day {
    client: Client,
    controller: ControllerClient,
    prefix: String,
}

impl Day {
    async fn create(&self, name: &str, partitions: i32) -> Result<String, KafkaError> {
        let topic = format!("{}-{name}", self.prefix);
        self.controller.create_topic(&topic, partitions, 1, 10_000).await?;
        Ok(topic)
    }

    async fn partition(&self, topic: &str, index: i32) -> Result<PartitionClient, KafkaError> {
        self.client.partition_client(topic, index, UnknownTopicHandling::Error).await
    }

    async fn read(&self, from: &PartitionClient, mut offset: i64, count: usize) -> Outcome<Vec<RecordAndOffset>> {
        let mut read = Vec::new();
        while read.len() < count {
            let (some, _) = from.fetch_records(offset, 1..2_000_000, 200).await?;
            offset = some.last().map_or(offset, |last| last.offset + 1);
            // A fetch gives whole batches, with what stands before the offset.
            read.extend(some);
        }
        Ok(read)
    }

    /// Sends each record to its partition and expects all of them back at the offsets 0, 1, 2 of it.
    async fn send_and_read_back(&self, name: &str, partitions: Vec<Vec<Record>>, codec: Compression) -> Outcome {
        let topic = self.create(name, partitions.len() as i32).await?;
        for (index, sent) in partitions.into_iter().enumerate() {
            let partition = self.partition(&topic, index as i32).await?;
            let offsets = partition.produce(sent.clone(), codec).await?;
            expect(offsets == (0..sent.len() as i64).collect::<Vec<_>>(), || format!("at offsets {offsets:?}"))?;
            let read = self.read(&partition, 0, sent.len()).await?;
            for (at, (want, got)) in sent.iter().zip(&read).enumerate() {
                expect(got.offset == at as i64 && got.record == *want, || format!("offset {at} came back changed"))?;
            }
        }
        Ok(())
    }

    async fn create_topic(&self) -> Outcome {
        self.create("created", 3).await?;
        refused(self.create("created", 3).await, ProtocolError::TopicAlreadyExists)
    }

    async fn headers(&self) -> Outcome {
        let mut sent = records(2, 10);
        sent[0].headers = BTreeMap::from([("trace".into(), b"4f2a".to_vec()), ("empty".into(), vec![])]);
        sent[1].headers = BTreeMap::from([("é".into(), blob(5000, 1))]);
        self.send_and_read_back("headers", vec![sent], Compression::NoCompression).await
    }

    async fn nulls(&self) -> Outcome {
        let sent = vec![record(None, Some(b"value".to_vec())), record(Some(b"key"), None), record(None, None),
                        record(Some(b""), Some(vec![]))];
        self.send_and_read_back("nulls", vec![sent], Compression::NoCompression).await
    }

    async fn sizes(&self) -> Outcome {
        let topic = self.create("sizes", 1).await?;
        let partition = self.partition(&topic, 0).await?;
        for (at, size) in [1, 127, 128, 16_383, 16_384, 100_000, 500_000, 1_048_000].into_iter().enumerate() {
            let sent = record(None, Some(blob(size, 1)));
            partition.produce(vec![sent.clone()], Compression::NoCompression).await?;
            let read = self.read(&partition, at as i64, 1).await?;
            expect(read[0].record == sent, || format!("{size} bytes came back changed"))?;
        }
        Ok(())
    }

    async fn seek_by_time(&self) -> Outcome {
        let topic = self.create("times", 1).await?;
        let partition = self.partition(&topic, 0).await?;
        let start: DateTime<Utc> = now() - Duration::from_secs(1000);
        let mut sent = records(100, 50);
        for (i, one) in sent.iter_mut().enumerate() {
            one.timestamp = start + Duration::from_secs(i as u64);
        }
        partition.produce(sent, Compression::NoCompression).await?;
        let offset = partition.get_offset(OffsetAt::Timestamp(start + Duration::from_millis(41_500))).await?;
        expect(offset == 42, || format!("the first record from then on is 42, not {offset}"))?;
        let read = self.read(&partition, offset, 58).await?;
        let first = read.iter().find(|one| one.offset == 42).ok_or("42 was not read")?;
        expect(first.record.timestamp == start + Duration::from_secs(42), || "another timestamp was read".into())?;
        let ends = (partition.get_offset(OffsetAt::Earliest).await?, partition.get_offset(OffsetAt::Latest).await?);
        expect(ends == (0, 100), || format!("the watermarks are {ends:?}"))
    }

    async fn topics(&self) -> Outcome<BTreeMap<String, usize>> {
        let listed = self.client.list_topics().await?;
        Ok(listed.into_iter().map(|topic| (topic.name, topic.partitions.len())).collect())
    }

    async fn list_topics(&self) -> Outcome {
        let created = format!("{}-created", self.prefix);
        expect(self.topics().await?.contains_key(&created), || "the created topic is not listed".into())
    }

    async fn describe_topic(&self) -> Outcome {
        let found = self.topics().await?.get(&format!("{}-created", self.prefix)).copied();
        expect(found == Some(3), || format!("{found:?} partitions"))
    }

    async fn delete_records(&self) -> Outcome {
        let topic = self.create("trimmed", 1).await?;
        let partition = self.partition(&topic, 0).await?;
        for one in records(50, 20) {
            partition.produce(vec![one], Compression::NoCompression).await?;
        }
        partition.delete_records(30, 10_000).await?;
        let low = partition.get_offset(OffsetAt::Earliest).await?;
        expect(low == 30, || format!("the low watermark is {low}"))?;
        let read = self.read(&partition, 30, 20).await?;
        expect(read[0].offset == 30, || "reading begins elsewhere".into())
    }

    async fn unknown_topic(&self) -> Outcome {
        refused(self.controller.delete_topic(format!("{}-nowhere", self.prefix), 10_000).await,
                ProtocolError::UnknownTopicOrPartition)?;
        refused(self.create("no where", 1).await, ProtocolError::InvalidTopicException)
    }

    async fn out_of_range(&self) -> Outcome {
        let partition = self.partition(&format!("{}-headers", self.prefix), 0).await?;
        refused(partition.fetch_records(1000, 1..1000, 200).await, ProtocolError::OffsetOutOfRange)
    }

    async fn too_large(&self) -> Outcome {
        let topic = self.create("small", 1).await?;
        let partition = self.partition(&topic, 0).await?;
        let sent = vec![record(None, Some(blob(1_100_000, 1)))];
        refused(partition.produce(sent, Compression::NoCompression).await, ProtocolError::MessageTooLarge)
    }

    async fn delete_topic(&self) -> Outcome {
        let topic = self.create("gone", 1).await?;
        self.controller.delete_topic(&topic, 10_000).await?;
        while self.topics().await?.contains_key(&topic) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// Does one feature and prints its line; gives whether all went well.
async fn feature(name: &str, work: impl Future<Output = Outcome>) -> bool {
    let done = tokio::time::timeout(PATIENCE, work).await;
    match done.unwrap_or_else(|_| Err("took too long".into())) {
        Ok(()) => println!("ok {name}"),
        Err(why) => {
            let words: Vec<_> = why.to_string().split_whitespace().map(String::from).collect();
            println!("FAIL {name} {:.500}", words.join(" "));
            return false;
        }
    }
    true
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().collect();
    let client = ClientBuilder::new(vec![arguments[1].clone()]).build().await?;
    let controller = client.controller_client()?;
    let day = Day { client, controller, prefix: arguments[2].clone() };

    let mut well = feature("create-topic", day.create_topic()).await;
    let codecs = [("none", Compression::NoCompression), ("gzip", Compression::Gzip), ("snappy", Compression::Snappy),
                  ("lz4", Compression::Lz4), ("zstd", Compression::Zstd)];
    for (name, codec) in codecs {
        let work = day.send_and_read_back(name, vec![records(100, 300), records(100, 300)], codec);
        well &= feature(&format!("produce-all-{name}"), work).await;
    }
    well &= feature("headers", day.headers()).await;
    well &= feature("null-key-and-value", day.nulls()).await;
    well &= feature("record-sizes", day.sizes()).await;
    well &= feature("seek-by-time", day.seek_by_time()).await;
    well &= feature("list-topics", day.list_topics()).await;
    well &= feature("describe-topic", day.describe_topic()).await;
    well &= feature("delete-records", day.delete_records()).await;
    well &= feature("unknown-topic", day.unknown_topic()).await;
    well &= feature("out-of-range", day.out_of_range()).await;
    well &= feature("too-large", day.too_large()).await;
    well &= feature("delete-topic", day.delete_topic()).await;
    println!("done");
    std::process::exit(i32::from(!well));
}
