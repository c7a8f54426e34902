import { sqlite } from "/work/main/packages/sqlite/src/index.ts";
import { systemSurroundings } from "throughline";
import { rmSync } from "node:fs";
const savepoint = process.argv[2]==="sp";
for (const s of ["","-wal","-shm","-wake"]) rmSync("p.db"+s,{force:true});
const store = sqlite({ file:"./p.db", tables: "CREATE TABLE IF NOT EXISTS invoices (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL, total INTEGER NOT NULL)", transactionLimitMs: 10000 });
await store.open({ service:"b", surroundings: systemSurroundings });
const [h] = await store.unitOfWork(u=>u.handlers.register([{name:"h",renamedFrom:[],types:[]}],1));
const run={handlerId:h!.id,epoch:1}; const key={...run,topicId:"t",partition:0};
await store.unitOfWork((unit) => unit.cursors.add([{ ...key, topic: "order", offset: 0, originOffset: 0, untilOffset: null, logTimeMs: 0, reportedOffset: 0 }]));
function keysOf(batch:number){return Array.from({length:500},()=>{const random=Buffer.from(crypto.getRandomValues(new Uint8Array(10))).toString("hex");const time=(1_760_000_000_000+batch).toString(16).padStart(12,"0");return `${time.slice(0,8)}-${time.slice(8)}-7${random.slice(0,3)}-8${random.slice(3,6)}-${random.slice(6,18)}`;});}
const all=Array.from({length:200},(_,b)=>keysOf(b));
const T:any={};const t=async(n:string,f:any)=>{const s=(process.cpuUsage().user+process.cpuUsage().system)/1000;const r=await f();T[n]=(T[n]??0)+(process.cpuUsage().user+process.cpuUsage().system)/1000-s;return r};
const s=(process.cpuUsage().user+process.cpuUsage().system)/1000;
for(const [batch,keys] of all.entries()){const from=batch*500;
await t("unit",()=>store.unitOfWork(async unit=>{
 await t("lock",()=>unit.cursors.lock(key)); await t("find",()=>unit.inbox.find(run,keys));
 await t("isolate",async()=>{for(let i=0;i<500;i++) await unit.isolate(async tx=>tx.run("INSERT INTO invoices (order_id, total) VALUES (?, ?)","o-1",i),{savepoint,alone:false});});
 await t("add",()=>unit.inbox.add(run,keys.map((k,i)=>({key:k,partition:0,offset:from+i,outcome:"applied" as const,handledAtMs:1,durationMicros:10}))));
 await t("move",()=>unit.cursors.move(key,from,from+500,1));
}));}
console.log((100000/((process.cpuUsage().user+process.cpuUsage().system)/1000-s)*1000)|0,"ev/s"); for(const k in T)console.log(k,(T[k]*1000/100000).toFixed(2),"us/ev");
await store.close();
